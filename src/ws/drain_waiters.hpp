// DrainWaiters: who waits for a stream's outbox to become empty. Threading: the stream's loop.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace microframe::ws {

class DrainWaiters {
 public:
  // told(true): the outbox is empty; told(false): the stream has ended.
  using Told = std::function<void(bool)>;

  void add(Told told) {
    if (!waiters_) waiters_ = std::make_unique<std::list<Told>>();
    waiters_->push_back(std::move(told));
  }
  // One after the other: whom there was no memory to tell is told when this is called again.
  void tell(bool drained) {
    while (waiters_ && !waiters_->empty()) {
      waiters_->front()(drained);
      waiters_->pop_front();
    }
    waiters_.reset();
  }

 private:
  std::unique_ptr<std::list<Told>> waiters_;  // nullptr while nobody waits
};

}  // namespace microframe::ws
