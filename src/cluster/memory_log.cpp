#include "cluster/memory_log.hpp"

#include <algorithm>

#include "base/to_ms.hpp"

namespace microframe::cluster {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kOnceMs = 5 * 60'000;

}  // namespace

void MemoryLog::expire(std::uint64_t now_ms) {
  while (!kept_.empty() && kept_.front().time_ms + age_max_ms_ <= now_ms) kept_.pop_front();
  std::erase_if(once_, [&](const auto& one) { return one.second.time_ms + kOnceMs <= now_ms; });
}

MemoryLog::Outcome MemoryLog::append(const Broker::Append& what, std::uint64_t tag,
                                     std::uint64_t now_ms) {
  age_max_ms_ = base::to_ms(what.age_max);
  expire(now_ms);
  if (const auto former = once_.find(what.once); !what.once.empty() && former != once_.end())
    return {{{epoch_, former->second.offset}, true}, {}};
  kept_.push_back({tag, now_ms, what.bytes});
  ++last_;
  while (kept_.size() > what.kept_max) kept_.pop_front();
  if (!what.once.empty()) once_.emplace(what.once, Once{last_, now_ms});
  return {{{epoch_, last_}, false}, {last_, tag, milliseconds(0), what.bytes}};
}

hub::Broker::Page MemoryLog::read(std::uint64_t from, std::size_t limit, std::uint64_t now_ms) {
  expire(now_ms);
  Broker::Page page{epoch_, last_, {}};
  for (std::uint64_t offset = std::max(from, first());
       offset <= last_ && page.entries.size() < limit; ++offset) {
    const Kept& kept = kept_[offset - first()];
    page.entries.push_back({offset, kept.tag, milliseconds(now_ms - kept.time_ms), kept.bytes});
  }
  return page;
}

void MemoryLog::renew(std::uint64_t epoch) {
  const std::uint64_t gone = first() - 1;
  for (auto& [name, once] : once_) once.offset = once.offset > gone ? once.offset - gone : 0;
  epoch_ = epoch;
  last_ = kept_.size();
}

void MemoryLog::roll_back(std::size_t count) {
  for (; count > 0 && last_ > 0; --count, --last_)
    if (!kept_.empty()) kept_.pop_back();
  std::erase_if(once_, [&](const auto& one) { return one.second.offset > last_; });
}

}  // namespace microframe::cluster
