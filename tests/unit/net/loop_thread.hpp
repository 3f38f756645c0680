// A loop on a thread of its own.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "net/loop.hpp"
#include "support/on_loop.hpp"

namespace microframe::net {

class LoopThread {
 public:
  explicit LoopThread(Io io = Io::plain) : loop(io), thread_([this] { loop.run(); }) {}
  ~LoopThread() {
    loop.stop();
    thread_.join();
  }
  void on_loop(const std::function<void()>& action) { test::on_loop(loop, action); }
  // Whether it waits for something to happen, as one that asks again and again never does.
  bool is_asleep() {
    std::ifstream stat("/proc/self/task/" + std::to_string(id()) + "/stat");
    std::string line;
    std::getline(stat, line);
    return line.find(") S ") != std::string::npos;
  }
  Loop loop;

 private:
  long id() {
    if (id_ == 0) on_loop([this] { id_ = ::syscall(SYS_gettid); });
    return id_;
  }

  long id_ = 0;
  std::thread thread_;
};

}  // namespace microframe::net
