#include "hub/opening.hpp"

#include <algorithm>
#include <utility>

namespace microframe::hub {

using base::Lock;

bool Opening::wait(Waiting waiting) {
  const Lock lock(mutex_);
  if (over_.load(std::memory_order_relaxed)) return false;
  waiting_.push_back(std::move(waiting));
  return true;
}

std::optional<Opening::Waiting> Opening::take(const Receiver& who) {
  const Lock lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Waiting& one) { return one.who.get() == &who; });
  if (found == waiting_.end()) return std::nullopt;
  std::optional<Waiting> taken(std::move(*found));
  waiting_.erase(found);
  return taken;
}

void Opening::end() {
  std::vector<std::function<void()>> calls;
  {
    const Lock lock(mutex_);
    over_.store(true, std::memory_order_release);
    calls.reserve(waiting_.size());
    for (Waiting& one : waiting_) calls.push_back(std::exchange(one.go, {}));
  }
  for (const auto& go : calls) go();
}

}  // namespace microframe::hub
