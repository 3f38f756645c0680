// Jobs: what an application runs beside its hooks: at its start, every so often, once, and before its
// end. All of it runs on one loop. Threading: any thread, except for what says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "base/timer_wheel.hpp"
#include "microframe/detail/callback.hpp"
#include "microframe/task.hpp"
#include "net/loop.hpp"

namespace microframe::app {

class Jobs {
 public:
  using Callback = detail::Callback;

  Jobs() = default;
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Each is run on the loop, once that runs, and dropped after end().
  void on_start(Callback callback);
  // errors: ConfigError for an interval that is not positive.
  void every(std::chrono::milliseconds interval, Callback callback);
  void spawn(Callback callback);
  void spawn(Task<> task);
  // Kept for wind_up().
  void on_stop(Callback callback);

  // The loop runs, or is about to. Once. The loop outlives end().
  void begin(net::Loop& loop);

  // Nothing is repeated from now on; what on_stop() was given is run, one after the other. ended: called
  // once, on the loop, when all of that has ended, or `at_most` later, when what still waits is destroyed.
  // Once.
  // returns: false if there is nothing to run; `ended` is never called then.
  bool wind_up(std::chrono::milliseconds at_most, std::function<void()> ended);
  // Does not wait for wind_up() any longer; `then` follows, on the loop if that runs.
  void hurry(std::function<void()> then);
  // Destroys whatever still waits. On the loop, or once that has ended. Again it does nothing.
  void end();

 private:
  // A function that is under way: it waits, or is on the stack.
  struct Run {
    Jobs& jobs;
    const char* name;             // a literal, for the log
    std::function<void()> next;   // called when it has ended
    std::list<Run>::iterator at;  // itself
    Callback callback;            // empty where somebody else has it
    Task<> task;
  };
  struct Repeated final : base::TimerNode {
    Repeated(Jobs& its_jobs, std::chrono::milliseconds its_interval, Callback its_callback)
        : jobs(its_jobs), interval(its_interval), callback(std::move(its_callback)) {}
    void on_deadline(std::uint64_t) override { jobs.arm(*this); }

    Jobs& jobs;
    const std::chrono::milliseconds interval;
    const Callback callback;
    std::uint64_t due_ms = 0;
  };

  void on_loop(std::function<void()> task);
  void run_once(const char* name, Callback callback);
  Run& add(const char* name, std::function<void()> next = {});
  void start(Run& run, const Callback& callback);
  void start(Run& run, Task<> task);
  static void ended(void* run);
  void finish(Run& run) noexcept;
  void arm(Repeated& repeated);
  void repeat(Repeated& repeated);
  void run_stops(std::size_t number);
  void stops_over();

  std::mutex mutex_;
  // Guarded by it.
  net::Loop* posts_to_ = nullptr;               // nullptr before begin()
  std::vector<std::function<void()>> waiting_;  // for begin()
  std::vector<Callback> stops_;

  // The loop's.
  net::Loop* loop_ = nullptr;
  std::list<Repeated> repeated_;
  std::list<Run> runs_;
  std::vector<Callback> stopping_;
  std::function<void()> wound_up_;
  bool winding_up_ = false;
  bool over_ = false;
};

}  // namespace microframe::app
