#include "app/jobs.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <new>
#include <string>

#include "base/log.hpp"
#include "microframe/config_error.hpp"
#include "microframe/detail/activity.hpp"

namespace microframe::app {
namespace {

using std::chrono::milliseconds;

constexpr char kOnStart[] = "on_start";
constexpr char kEvery[] = "every";
constexpr char kSpawn[] = "spawn";
constexpr char kOnStop[] = "on_stop";
// In place of an endpoint's path, where the watchdog names what blocks its loop.
constexpr char kApplication[] = "application";
// Without memory for a timer, the next call waits for so long.
constexpr std::uint64_t kWithoutMemoryMs = 1'000;

// What a function has thrown.
void log_thrown(const char* name) noexcept try {
  const auto tell = [&](std::string_view what) {
    base::log::error("callback threw", {{"callback", name}, {"what", what}});
  };
  try {
    throw;
  } catch (const std::exception& error) {
    tell(error.what());
  } catch (...) {
    tell("an exception that is no std::exception");
  }
} catch (const std::bad_alloc&) {
}

}  // namespace

// --- what is to be run ---

void Jobs::on_loop(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (!posts_to_) return waiting_.push_back(std::move(task));
  posts_to_->post([this, task = std::move(task)] {
    if (!over_) task();
  });
}

void Jobs::run_once(const char* name, Callback callback) {
  on_loop([this, name, callback = std::move(callback)] {
    Run& run = add(name);
    run.callback = callback;
    start(run, run.callback);
  });
}

void Jobs::on_start(Callback callback) {
  run_once(kOnStart, std::move(callback));
}

void Jobs::spawn(Callback callback) {
  run_once(kSpawn, std::move(callback));
}

void Jobs::spawn(Task<> task) {
  on_loop([this, held = std::make_shared<Task<>>(std::move(task))] {
    start(add(kSpawn), std::move(*held));
  });
}

void Jobs::every(milliseconds interval, Callback callback) {
  if (interval.count() <= 0)
    throw ConfigError("Application::every() is to wait " + std::to_string(interval.count()) +
                      " ms from call to call: write 1 or more");
  on_loop([this, interval, callback = std::move(callback)] {
    Repeated& repeated = repeated_.emplace_back(*this, interval, callback);
    loop_->update_now();
    repeated.due_ms = loop_->now_ms() + static_cast<std::uint64_t>(interval.count());
    arm(repeated);
  });
}

void Jobs::on_stop(Callback callback) {
  const std::lock_guard lock(mutex_);
  stops_.push_back(std::move(callback));
}

void Jobs::begin(net::Loop& loop) {
  const std::lock_guard lock(mutex_);
  posts_to_ = &loop;
  loop.post([this, &loop, first = std::exchange(waiting_, {})] {
    loop_ = &loop;
    for (const auto& task : first) {
      if (!over_) task();
    }
  });
}

// --- one run ---

Jobs::Run& Jobs::add(const char* name, std::function<void()> next) {
  runs_.push_back(Run{*this, name, std::move(next), {}, {}, {}});
  runs_.back().at = std::prev(runs_.end());
  return runs_.back();
}

void Jobs::start(Run& run, const Callback& callback) {
  const detail::ActivitySign::Scope shown(loop_->activity(), {run.name, kApplication});
  try {
    run.task = callback();
    if (run.task && !run.task.start(&Jobs::ended, &run)) return;
    if (run.task) run.task.result();
  } catch (...) {
    log_thrown(run.name);
  }
  finish(run);
}

void Jobs::start(Run& run, Task<> task) {
  run.task = std::move(task);
  const detail::ActivitySign::Scope shown(loop_->activity(), {run.name, kApplication});
  if (run.task && !run.task.start(&Jobs::ended, &run)) return;
  try {
    if (run.task) run.task.result();
  } catch (...) {
    log_thrown(run.name);
  }
  finish(run);
}

// Called by the last breath of the coroutine.
void Jobs::ended(void* context) {
  Run& run = *static_cast<Run*>(context);
  try {
    run.task.result();
  } catch (...) {
    log_thrown(run.name);
  }
  run.jobs.finish(run);
}

// Where memory runs out, whoever waits for the end of wind_up() is told in time all the same.
void Jobs::finish(Run& run) noexcept try {
  const auto next = std::move(run.next);
  runs_.erase(run.at);
  if (next) next();
} catch (const std::bad_alloc&) {
}

// --- every ---

void Jobs::arm(Repeated& repeated) {
  loop_->update_now();
  const std::uint64_t now_ms = loop_->now_ms();
  repeated.due_ms = std::max(repeated.due_ms, now_ms);
  try {
    loop_->after(milliseconds(repeated.due_ms - now_ms), [this, &repeated] { repeat(repeated); });
  } catch (const std::bad_alloc&) {
    loop_->wheel().arm(repeated, now_ms + kWithoutMemoryMs);
  }
}

// After end() the reference refers to nothing.
void Jobs::repeat(Repeated& repeated) {
  if (winding_up_) return;
  repeated.due_ms += static_cast<std::uint64_t>(repeated.interval.count());
  Run* run = nullptr;
  try {
    run = &add(kEvery, [this, &repeated] {
      if (!winding_up_) arm(repeated);
    });
  } catch (const std::bad_alloc&) {
    return arm(repeated);
  }
  start(*run, repeated.callback);
}

// --- the end ---

bool Jobs::wind_up(milliseconds at_most, std::function<void()> ended) {
  const std::lock_guard lock(mutex_);
  if (!posts_to_) return false;
  const bool has_stops = !stops_.empty();
  posts_to_->post([this, at_most, has_stops, ended = std::move(ended),
                   stopping = std::exchange(stops_, {})]() mutable {
    winding_up_ = true;
    if (!has_stops) return;
    stopping_ = std::move(stopping);
    wound_up_ = std::move(ended);
    loop_->after(at_most, [this] { stops_over(); });
    run_stops(0);
  });
  return has_stops;
}

void Jobs::run_stops(std::size_t number) {
  if (!wound_up_) return;
  if (number == stopping_.size()) return stops_over();
  start(add(kOnStop, [this, number] { run_stops(number + 1); }), stopping_[number]);
}

void Jobs::stops_over() {
  if (!wound_up_) return;
  const auto ended = std::exchange(wound_up_, {});
  runs_.remove_if([](const Run& run) { return run.name == kOnStop; });
  ended();
}

void Jobs::hurry(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (posts_to_)
      return posts_to_->post([this, then = std::move(then)] {
        stops_over();
        then();
      });
  }
  then();
}

// A coroutine that is destroyed may ask for another run, which is dropped.
void Jobs::end() {
  over_ = winding_up_ = true;
  runs_.clear();
  repeated_.clear();
  stopping_.clear();
}

}  // namespace microframe::app
