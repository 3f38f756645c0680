// LoopPort: how a hub reaches one loop. Implemented by who owns the loops; must outlive every hub
// that holds it.
#pragma once

#include <chrono>
#include <functional>

namespace microframe::hub {

class LoopPort {
 public:
  // Whether the caller runs on this loop.
  virtual bool is_current() const = 0;
  // Runs `task` on this loop later. Any thread; tasks of one thread run in the order it posted
  // them.
  virtual void post(std::function<void()> task) = 0;
  // Likewise, and behind what any thread has posted by this before, and what others have posted by
  // post().
  virtual void post_behind(std::function<void()> task) = 0;
  // Runs `task` on this loop once `delay` has passed. On this loop; the loop may end without having
  // run it.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;

 protected:
  ~LoopPort() = default;
};

}  // namespace microframe::hub
