// Hearing: when this node has heard from each of the others, and from itself by way of the broker.
// Threading: any thread; time comes in.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.hpp"

namespace microframe::cluster {

class Hearing {
 public:
  void note(std::string_view node, std::uint64_t now_ms) {
    const base::Lock lock(mutex_);
    const auto found = heard_ms_.find(node);
    if (found != heard_ms_.end()) {
      found->second = now_ms;
    } else {
      heard_ms_.emplace(node, now_ms);
    }
  }
  void forget(std::string_view node) {
    const base::Lock lock(mutex_);
    if (const auto found = heard_ms_.find(node); found != heard_ms_.end()) heard_ms_.erase(found);
  }
  // nullopt for a node that was not heard.
  std::optional<std::uint64_t> ago_ms(std::string_view node, std::uint64_t now_ms) const {
    const base::Lock lock(mutex_);
    const auto found = heard_ms_.find(node);
    if (found == heard_ms_.end()) return std::nullopt;
    return now_ms - found->second;
  }

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> heard_ms_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::cluster
