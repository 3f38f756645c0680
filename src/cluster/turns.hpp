// Turns: what one owner has posted on a Timeline, up to the moment at which it must not run any more.
// Threading: any thread, except for what says otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/mutex.hpp"
#include "cluster/timeline.hpp"

namespace microframe::cluster {

class Turns {
 public:
  // timeline: outlives the turns.
  explicit Turns(Timeline& timeline) : timeline_(timeline) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns() { close(); }

  void post(std::function<void()> task);
  // Only on the timeline's thread.
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  std::uint64_t now_ms() const { return timeline_.now_ms(); }
  // Nothing runs once it has returned. On any thread but the timeline's own.
  void close();

 private:
  struct Gate {
    base::Mutex mutex;  // held while a task runs
    bool closed MICROFRAME_GUARDED_BY(mutex) = false;
  };

  std::function<void()> guarded(std::function<void()> task) const;

  Timeline& timeline_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

}  // namespace microframe::cluster
