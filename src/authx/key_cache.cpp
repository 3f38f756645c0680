#include "authx/key_cache.hpp"

#include <algorithm>
#include <cassert>

namespace microframe::authx {
namespace {

// `wait`, up to a tenth shorter or longer.
KeyCache::Duration jittered(KeyCache::Duration wait, double chance) {
  return std::chrono::duration_cast<KeyCache::Duration>(wait * (0.9 + 0.2 * chance));
}

}  // namespace

KeyCache::KeyCache(const JwksSource& source, Moment now)
    : cool_down_(source.cool_down()),
      interval_(source.refresh_interval()),
      age_max_(source.age_max()),
      began_(now),
      cool_until_(now),
      refresh_at_(now) {}

std::shared_ptr<const KeySet> KeyCache::keys(Moment now) const {
  if (!known_since_ || now - *known_since_ >= age_max_) return nullptr;
  return keys_;
}

KeyCache::Outlook KeyCache::want(Moment since, Moment looked, Moment deadline) {
  // A fetch that began before `since` has not seen what the issuer published meanwhile.
  if (known_since_ && *known_since_ >= since)
    return came_ < looked ? Outlook::absent : Outlook::renewed;
  if (fetching_ && began_ >= since) return Outlook::coming;
  wanted_ = true;
  // A fetch that is under way may bring the key too.
  return fetching_ || next_fetch() < deadline ? Outlook::coming : Outlook::too_far;
}

KeyCache::Moment KeyCache::next_fetch() const {
  if (fetching_) return Moment::max();
  return wanted_ ? cool_until_ : std::max(refresh_at_, cool_until_);
}

void KeyCache::begin(Moment now) {
  assert(!fetching_);
  fetching_ = true;
  wanted_ = false;
  began_ = now;
  cool_until_ = now + cool_down_;
}

void KeyCache::succeed(Moment now, std::shared_ptr<const KeySet> keys,
                       std::optional<std::chrono::seconds> max_age, double chance) {
  keys_ = std::move(keys);
  known_since_ = began_;
  came_ = now;
  const Duration wait =
      max_age ? std::clamp<Duration>(*max_age, interval_ / 10, interval_ * 6) : interval_;
  end(std::min(wait, age_max_ / 2), chance);
}

void KeyCache::fail(double chance) {
  end(cool_down_, chance);
}

void KeyCache::end(Duration wait, double chance) {
  assert(fetching_);
  fetching_ = false;
  refresh_at_ = began_ + jittered(wait, chance);
}

}  // namespace microframe::authx
