#include "guard/revocations.hpp"

#include <algorithm>
#include <string>

#include "base/log.hpp"

namespace microframe::guard {
namespace {

std::int64_t seconds_of(authx::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

void Revocations::revoke(std::string_view user, authx::Time now) {
  const base::Lock lock(mutex_);
  any_.store(true, std::memory_order_release);
  if (const auto found = entries_.find(user); found != entries_.end()) {
    found->second.until_s = std::max(found->second.until_s, seconds_of(now));
    order_.splice(order_.end(), order_, found->second.place);
    return;
  }
  order_.emplace_back(user);
  const auto place = std::prev(order_.end());
  entries_.emplace(*place, Entry{seconds_of(now), place});
  if (entries_.size() <= users_max_) return;
  const auto oldest = entries_.find(order_.front());
  everyone_until_s_ = std::max(everyone_until_s_, oldest->second.until_s);
  entries_.erase(oldest);
  order_.pop_front();
  base::log::limited(base::log::Level::warning,
                     "revocations are full: old tokens of every user are refused",
                     {{"issued_until", std::to_string(everyone_until_s_)}});
}

bool Revocations::covers(std::string_view user, authx::Time issued_at) const {
  if (!any_.load(std::memory_order_acquire)) return false;
  const std::int64_t issued_s = seconds_of(issued_at);
  const base::Lock lock(mutex_);
  if (issued_s <= everyone_until_s_) return true;
  const auto found = entries_.find(user);
  return found != entries_.end() && issued_s <= found->second.until_s;
}

std::size_t Revocations::size() const {
  const base::Lock lock(mutex_);
  return entries_.size();
}

}  // namespace microframe::guard
