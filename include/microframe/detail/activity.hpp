// Activity: which function of the application a thread runs, shown to a watchdog on another
// thread. Not for applications.
// Threading: one thread shows its activity, with stores that cost next to nothing and without a
// look at the clock. Any thread may read it.
#pragma once

#include <atomic>
#include <cstdint>

namespace microframe::detail {

struct Activity {
  const char* hook = nullptr;      // a literal; nullptr: none runs
  const char* endpoint = nullptr;  // its path, which outlives the sign
};

class ActivitySign {
 public:
  struct Reading {
    std::uint64_t run = 0;  // the run's number, which no other run has; 0: nothing runs
    Activity activity;
  };

  // Shows `activity` while the Scope lives, and then what was shown before.
  class Scope {
   public:
    Scope(ActivitySign& sign, const Activity& activity) : sign_(sign), before_(sign.read()) {
      sign_.show({++sign_.runs_, activity});
    }
    ~Scope() { sign_.show(before_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ActivitySign& sign_;
    const Reading before_;
  };

  // Another thread may read the activity of one run with the number of the run before. A run that
  // lasts as long as the reading is read correctly.
  Reading read() const {
    Reading reading;
    reading.run = run_.load(std::memory_order_acquire);
    reading.activity.hook = hook_.load(std::memory_order_relaxed);
    reading.activity.endpoint = endpoint_.load(std::memory_order_relaxed);
    return reading;
  }

 private:
  void show(const Reading& reading) {
    hook_.store(reading.activity.hook, std::memory_order_relaxed);
    endpoint_.store(reading.activity.endpoint, std::memory_order_relaxed);
    run_.store(reading.run, std::memory_order_release);
  }

  std::atomic<std::uint64_t> run_{0};
  std::atomic<const char*> hook_{nullptr};
  std::atomic<const char*> endpoint_{nullptr};
  std::uint64_t runs_ = 0;  // only the showing thread uses it
};

}  // namespace microframe::detail
