// A step of a test on a loop that another thread runs.
#pragma once

#include <atomic>
#include <functional>

#include "net/loop.hpp"

namespace test {

// Runs `action` on the loop, and waits until it has.
inline void on_loop(microframe::net::Loop& loop, const std::function<void()>& action) {
  std::atomic<bool> done{false};
  loop.post([&] {
    action();
    done = true;
    done.notify_all();
  });
  done.wait(false);
}

}  // namespace test
