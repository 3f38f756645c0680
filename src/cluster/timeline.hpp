// Timeline: the thread on which a broker's answers and a node's work run, one task at a time, and its
// clock. A loop of its own in a server, a queue that the test turns in a simulation. Outlives whoever
// holds it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace microframe::cluster {

class Timeline {
 public:
  // Runs `task` on the timeline's thread, soon and never inside the call. Any thread; what one thread
  // posts runs in the order in which it was posted.
  virtual void post(std::function<void()> task) = 0;
  // Runs `task` on the timeline's thread once `delay` has passed. Only on that thread.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  // Monotonic. Any thread.
  virtual std::uint64_t now_ms() const = 0;

 protected:
  ~Timeline() = default;
};

}  // namespace microframe::cluster
