// Mutex and Lock: std::mutex and its guard, annotated so that clang (-Wthread-safety) refuses code
// which touches what a mutex guards without holding that mutex. With g++ the annotations are
// nothing. To wait for a condition, hand the held Mutex to a std::condition_variable_any.
// Threading: any thread.
#pragma once

#include <mutex>

#if defined(__clang__)
#define MICROFRAME_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define MICROFRAME_THREAD_ANNOTATION(x)
#endif

// Of a field: the mutex that must be held to read or write the field.
#define MICROFRAME_GUARDED_BY(mutex) MICROFRAME_THREAD_ANNOTATION(guarded_by(mutex))
// Of a function: what its caller must hold.
#define MICROFRAME_REQUIRES(...) MICROFRAME_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
// Of a function: what its caller must not hold, because the function takes it.
#define MICROFRAME_EXCLUDES(...) MICROFRAME_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
// Of a function: what it takes, or lets go.
#define MICROFRAME_ACQUIRE(...) MICROFRAME_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define MICROFRAME_RELEASE(...) MICROFRAME_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
// Of a function that states, for the analysis alone, that its caller holds the mutex.
#define MICROFRAME_ASSERT_CAPABILITY(mutex) MICROFRAME_THREAD_ANNOTATION(assert_capability(mutex))

namespace microframe::base {

class MICROFRAME_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() MICROFRAME_ACQUIRE() { mutex_.lock(); }
  void unlock() MICROFRAME_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex from its construction to its destruction.
class MICROFRAME_THREAD_ANNOTATION(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) MICROFRAME_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() MICROFRAME_RELEASE() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace microframe::base
