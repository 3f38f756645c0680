// Task<T>: a lazy coroutine, the return type of a hook that waits.
// Threading: a task runs on the loop that started it; sleep_for and offload resume the task
// there. A task starts when it is awaited (or, for a hook, when the library runs it). Destroying
// the Task destroys the coroutine wherever it waits.
// g++ 12 miscompiles some temporaries in a full expression that contains co_await: name the
// objects first, then await.
#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "microframe/detail/scheduler.hpp"

namespace microframe {

template <class T = void>
class Task;

namespace detail {

// What the promises of all tasks share: which coroutine continues when the task is done. Both
// ends exchange the stage, so that an await that completes at once returns to its caller instead
// of resuming the caller on a deeper stack.
class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept {
      PromiseBase& promise = self.promise();
      if (promise.stage_.exchange(Stage::done, std::memory_order_acq_rel) == Stage::waited_for)
        promise.go_on();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  // Runs `self` until it first waits.
  // returns: true if `self` is already done, in which case the continuation (or `done`) is not
  //          called.
  template <class Promise>
  bool start(std::coroutine_handle<Promise> self, std::coroutine_handle<> continuation) {
    continuation_ = continuation;
    self.resume();
    return stage_.exchange(Stage::waited_for, std::memory_order_acq_rel) == Stage::done;
  }
  template <class Promise>
  bool start(std::coroutine_handle<Promise> self, void (*done)(void*), void* context) {
    done_ = done;
    context_ = context;
    return start(self, {});
  }

 protected:
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  enum class Stage : unsigned char { running, waited_for, done };
  void go_on() noexcept {
    if (done_) {
      done_(context_);
    } else {
      continuation_.resume();
    }
  }

  std::coroutine_handle<> continuation_;
  void (*done_)(void*) = nullptr;
  void* context_ = nullptr;
  std::exception_ptr exception_;
  std::atomic<Stage> stage_{Stage::running};
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <class U>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() {
    rethrow();
    assert(value_);
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() { rethrow(); }
};

}  // namespace detail

// A coroutine that yields a T, or throws. Move-only. Destroying a Task destroys the coroutine
// where it waits.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Whether the Task holds a coroutine, which it does until it is moved from.
  explicit operator bool() const { return handle_ != nullptr; }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> continuation) {
    return !handle_.promise().start(handle_, continuation);
  }
  T await_resume() { return handle_.promise().take(); }

  // For code that is not a coroutine: runs the task. If the task ends later, done(context) is
  // called on the thread that ended it. Call start() once.
  // returns: true if the task ended before start() returned, in which case `done` is never called.
  bool start(void (*done)(void*), void* context) {
    return handle_.promise().start(handle_, done, context);
  }
  // Takes the value of a task that has ended. Call result() once.
  // errors: what the task threw.
  T result() { return handle_.promise().take(); }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
  return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> detail::Promise<void>::get_return_object() noexcept {
  return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

// Waits without blocking the loop: co_await sleep_for(100ms). On a thread without a loop,
// sleep_for blocks that thread.
class sleep_for {
 public:
  explicit sleep_for(std::chrono::milliseconds duration) : duration_(duration) {}
  sleep_for(const sleep_for&) = delete;
  sleep_for& operator=(const sleep_for&) = delete;
  ~sleep_for();
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  void await_resume() {}

 private:
  std::chrono::milliseconds duration_;
  std::shared_ptr<detail::Waiting> waiting_;
};

namespace detail {

// Whether offload and co_await may be one expression. g++ 12 destroys a lambda twice that is made in
// an expression with co_await and captures what has a destructor.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
template <class F>
inline constexpr bool kAwaitableAtOnce =
    std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<F>;
#else
template <class F>
inline constexpr bool kAwaitableAtOnce = true;
#endif

// The awaitable of offload. The function and its result live in a shared state, because the
// waiting coroutine may be destroyed while a worker still runs the function.
// at_once: whether it may be awaited before it has a name.
template <class F, bool at_once>
class Offload {
 public:
  using Value = std::invoke_result_t<F&>;

  explicit Offload(F function) : state_(std::make_shared<State>(std::move(function))) {}
  Offload(Offload&&) = default;
  ~Offload() {
    if (state_) state_->waiting.forget();
  }

  class Awaiter {
   public:
    explicit Awaiter(const Offload& offload) : offload_(&offload) {}
    bool await_ready() {
      if (Scheduler::current()) return false;
      state().run();
      return true;
    }
    void await_suspend(std::coroutine_handle<> waiting) {
      state().waiting.set(waiting);
      auto shared = offload_->state_;
      Scheduler::current()->work([shared] { shared->run(); },
                                 [shared] { shared->waiting.resume(); });
    }
    Value await_resume() {
      if (state().exception) std::rethrow_exception(state().exception);
      if constexpr (!std::is_void_v<Value>) return std::move(*state().value);
    }

   private:
    auto& state() const { return *offload_->state_; }
    const Offload* offload_;
  };
  Awaiter operator co_await() & { return Awaiter(*this); }
  template <bool may = at_once>
  Awaiter operator co_await() && {
    static_assert(may,
                  "microframe: g++ 12 miscompiles this: write two lines, auto work = offload(..); "
                  "and co_await work");
    return Awaiter(*this);
  }

 private:
  struct Nothing {};
  struct State {
    explicit State(F f) : function(std::move(f)) {}
    void run() noexcept {
      try {
        if constexpr (std::is_void_v<Value>) {
          function();
        } else {
          value.emplace(function());
        }
      } catch (...) {
        exception = std::current_exception();
      }
    }
    F function;
    std::optional<std::conditional_t<std::is_void_v<Value>, Nothing, Value>> value;
    std::exception_ptr exception;
    Waiting waiting;
  };
  std::shared_ptr<State> state_;
};

}  // namespace detail

// Runs `function` on a worker thread. Meant for code that is slow or blocks (password hashing,
// files, a database driver):
//   auto work = offload([=] { return query(user); });
//   auto rows = co_await work;
// In one line, g++ 12 miscompiles a lambda with captures, which therefore does not compile there.
// On a thread without a loop, `function` runs in place. It must own what it uses, because its
// captures may outlive the waiting hook.
// returns: an awaitable of what `function` returns.
// errors:  what `function` throws.
template <class F>
auto offload(F&& function) {
  return detail::Offload<std::decay_t<F>, detail::kAwaitableAtOnce<F>>{std::forward<F>(function)};
}

// Runs a task to its end on the calling thread, which must not have a loop. For main(), tools and
// tests.
// returns: the task's value.
// errors:  what the task throws.
template <class T>
T sync_wait(Task<T> task) {
  assert(!detail::Scheduler::current());
  const bool ended = task.start([](void*) {}, nullptr);
  (void)ended;
  assert(ended);
  return task.result();
}

}  // namespace microframe
