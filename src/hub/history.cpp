#include "hub/history.hpp"

#include <algorithm>

namespace microframe::hub {
namespace {

// What an entry holds besides its frames.
constexpr std::size_t kEntryBytes = 256;

std::size_t bytes_of(const base::Frame& frame) {
  return frame.plain().size() + frame.enveloped().size() + kEntryBytes;
}

}  // namespace

bool HiddenFrom::covers(std::string_view user, std::string_view of_session) const {
  if (!session.empty() && session == of_session) return true;
  return std::find(users.begin(), users.end(), user) != users.end();
}

void History::add(base::Frame frame, HiddenFrom hidden, std::uint64_t now_ms) {
  const std::size_t bytes = bytes_of(frame);
  entries_.push_back({next_offset(), now_ms, std::move(frame), std::move(hidden)});
  ++offset_;
  bytes_ += bytes;
  while (entries_.size() > messages_max_ || bytes_ > bytes_max_) drop_oldest();
}

void History::drop_oldest() {
  bytes_ -= bytes_of(entries_.front().frame);
  entries_.pop_front();
}

void History::clear() {
  entries_.clear();
  bytes_ = 0;
}

void History::expire(std::uint64_t now_ms) {
  while (!entries_.empty() && entries_.front().time_ms + age_ms_ <= now_ms) drop_oldest();
}

std::optional<std::vector<base::Frame>> History::after(const Since& since, std::size_t count,
                                                       std::string_view user,
                                                       std::string_view session) const {
  // Before a log is known, its copy has no epoch, and nobody has read in it.
  if (since.epoch.empty() || since.epoch != epoch_ || since.offset > offset_) return std::nullopt;
  if (offset_ - since.offset > entries_.size()) return std::nullopt;
  std::vector<base::Frame> frames;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->offset <= since.offset && frames.size() >= count) break;
    const HiddenFrom& hidden = entry->hidden;
    if (!hidden.covers(user, since.session) && !hidden.covers(user, session))
      frames.push_back(entry->frame);
  }
  std::reverse(frames.begin(), frames.end());
  return frames;
}

std::vector<base::Frame> History::latest(std::size_t count, std::optional<std::uint64_t> since_ms,
                                         std::string_view user, std::string_view session) const {
  std::vector<base::Frame> frames;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (frames.size() >= count && !(since_ms && entry->time_ms >= *since_ms)) break;
    if (!entry->hidden.covers(user, session)) frames.push_back(entry->frame);
  }
  std::reverse(frames.begin(), frames.end());
  return frames;
}

std::vector<History::Entry> History::entries_after(std::uint64_t offset, std::size_t limit) const {
  const auto first = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.offset > offset; });
  const auto left = static_cast<std::size_t>(entries_.end() - first);
  return {first, first + static_cast<std::ptrdiff_t>(std::min(limit, left))};
}

}  // namespace microframe::hub
