// Watchdog: a thread that sees what the loops cannot see of themselves: a hook that holds its loop
// up, and the process's memory nearing its end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "guard/hook_watch.hpp"
#include "microframe/detail/activity.hpp"

namespace microframe::ws {

struct Site;

class Watchdog {
 public:
  // Watches until it is destroyed. `site` and the signs outlive it.
  Watchdog(Site& site, const std::vector<const detail::ActivitySign*>& loops);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  struct Watched {
    const detail::ActivitySign* sign;
    guard::HookWatch watch;
  };

  void run();
  void look_at_hooks();
  std::chrono::milliseconds look_at_memory();
  void look_at_freed_memory();

  Site& site_;
  std::vector<Watched> loops_;
  std::chrono::milliseconds period_;  // until the next look
  bool memory_full_ = false;
  std::chrono::steady_clock::time_point given_back_;
  std::chrono::steady_clock::time_point looked_at_freed_;

  std::mutex mutex_;
  std::condition_variable ends_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace microframe::ws
