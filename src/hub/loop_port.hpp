// LoopPort: how a hub reaches one loop. Implemented by the owner of the loops; must outlive every hub
// that holds it.
#pragma once

#include <chrono>
#include <functional>

namespace microframe::hub {

class LoopPort {
 public:
  // Whether the caller runs on this loop.
  virtual bool is_current() const = 0;
  // Runs `task` on this loop later. Any thread; tasks that one thread has posted run in the order in
  // which it posted them.
  virtual void post(std::function<void()> task) = 0;
  // The same, and `task` runs behind everything that was posted before by post_behind() from any
  // thread, and by post() from other threads.
  virtual void post_behind(std::function<void()> task) = 0;
  // Runs `task` on this loop once `delay` has passed. Called on this loop, which may end without
  // having run the task.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;

 protected:
  ~LoopPort() = default;
};

}  // namespace microframe::hub
