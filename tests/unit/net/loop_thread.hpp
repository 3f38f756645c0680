// A loop on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "net/loop.hpp"

namespace microframe::net {

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop.run(); }) {}
  ~LoopThread() {
    loop.stop();
    thread_.join();
  }
  // Runs `action` on the loop, and waits until it has.
  void on_loop(const std::function<void()>& action) {
    std::atomic<bool> done{false};
    loop.post([&] {
      action();
      done = true;
      done.notify_all();
    });
    done.wait(false);
  }
  Loop loop;

 private:
  std::thread thread_;
};

}  // namespace microframe::net
