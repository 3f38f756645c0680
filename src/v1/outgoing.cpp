#include "v1/outgoing.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

// Whether the application asked for it: a session's own joins are made anew with each.
bool is_wish(const Outgoing::Frame& frame) {
  return frame.kind == Outgoing::Kind::join && frame.ticket != 0;
}

bool is_message(const Outgoing::Frame& frame) {
  return frame.kind == Outgoing::Kind::message || frame.kind == Outgoing::Kind::binary;
}

bool was_sent(const Outgoing::Frame& frame) {
  return frame.id != 0 || !frame.of.empty();
}

}  // namespace

bool Outgoing::add(Frame frame) {
  if (frames_.size() >= bounds_.frames_max || bytes_ + frame.content.size() > bounds_.bytes_max)
    return false;
  bytes_ += frame.content.size();
  frames_.push_back(std::move(frame));
  return true;
}

void Outgoing::add_first(Frame frame) {
  bytes_ += frame.content.size();
  frames_.push_front(std::move(frame));
}

const Outgoing::Frame* Outgoing::send_next(std::uint64_t now_ms) {
  if (!has_unsent()) return nullptr;
  Frame& next = frames_[sent_++];
  if (!was_sent(next)) next.sent_ms = now_ms;
  if (next.id == 0) next.id = ++last_id_;
  return &next;
}

std::optional<Outgoing::Frame> Outgoing::take(std::uint64_t id) {
  // Those with a number come first, and their numbers rise.
  const auto numbered_end =
      std::find_if(frames_.begin() + static_cast<std::ptrdiff_t>(sent_), frames_.end(),
                   [](const Frame& frame) { return frame.id == 0; });
  const auto found =
      std::lower_bound(frames_.begin(), numbered_end, id,
                       [](const Frame& frame, std::uint64_t n) { return frame.id < n; });
  if (id == 0 || found == numbered_end || found->id != id) return std::nullopt;
  if (static_cast<std::size_t>(found - frames_.begin()) < sent_) --sent_;
  Frame taken = std::move(*found);
  forget(taken);
  frames_.erase(found);
  return taken;
}

std::vector<Outgoing::Frame> Outgoing::take_sent() {
  const auto end = frames_.begin() + static_cast<std::ptrdiff_t>(sent_);
  std::vector<Frame> taken(std::make_move_iterator(frames_.begin()), std::make_move_iterator(end));
  frames_.erase(frames_.begin(), end);
  sent_ = 0;
  for (const Frame& frame : taken) forget(frame);
  return taken;
}

std::vector<Outgoing::Frame> Outgoing::take_unsent() {
  const auto begin = frames_.begin() + static_cast<std::ptrdiff_t>(sent_);
  std::vector<Frame> taken(std::make_move_iterator(begin), std::make_move_iterator(frames_.end()));
  frames_.erase(begin, frames_.end());
  for (const Frame& frame : taken) forget(frame);
  return taken;
}

const Outgoing::Frame* Outgoing::longest_sent() const {
  const auto end = frames_.begin() + static_cast<std::ptrdiff_t>(sent_);
  const auto longest =
      std::max_element(frames_.begin(), end, [](const Frame& one, const Frame& other) {
        return one.content.size() < other.content.size();
      });
  return longest == end ? nullptr : &*longest;
}

void Outgoing::rewind(std::uint64_t id) {
  const auto first = std::find_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.id == 0 || frame.id > id;
  });
  std::for_each(first, frames_.end(), [](Frame& frame) { frame.id = 0; });
  sent_ = std::min(sent_, static_cast<std::size_t>(first - frames_.begin()));
}

bool Outgoing::has_join(const std::string& room) const {
  return std::any_of(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.kind == Kind::join && frame.content == room;
  });
}

bool Outgoing::has_wish(const std::string& room) const {
  return std::any_of(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.kind == Kind::join && frame.content == room && (frame.since || frame.last != 0);
  });
}

void Outgoing::resume(std::uint64_t handled) {
  const auto first_to_send = std::find_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.id == 0 || frame.id > handled;
  });
  sent_ = static_cast<std::size_t>(first_to_send - frames_.begin());
}

std::vector<Outgoing::Frame> Outgoing::begin_anew(std::string_view heir_of, std::uint64_t now_ms) {
  std::vector<Frame> lost;
  std::deque<Frame> kept;
  std::set<std::string> entered;
  for (Frame& frame : frames_) {
    if (is_wish(frame)) entered.insert(frame.content);
    const bool is_inherited = is_message(frame) && was_sent(frame) && !heir_of.empty() &&
                              now_ms - frame.sent_ms <= kInheritedMs;
    const bool stays =
        is_wish(frame) || is_inherited ||
        (frame.kind == Kind::leave ? entered.contains(frame.content) : !was_sent(frame));
    if (is_inherited && frame.of.empty()) {
      Origin origin;
      origin.session = heir_of;
      origin.id = frame.id;
      frame.of = write_origin(origin);
    }
    frame.id = 0;
    if (stays) {
      kept.push_back(std::move(frame));
    } else {
      forget(frame);
      lost.push_back(std::move(frame));
    }
  }
  frames_ = std::move(kept);
  sent_ = 0;
  last_id_ = 0;
  return lost;
}

std::vector<Outgoing::Frame> Outgoing::clear() {
  std::vector<Frame> all(std::make_move_iterator(frames_.begin()),
                         std::make_move_iterator(frames_.end()));
  frames_.clear();
  sent_ = bytes_ = 0;
  last_id_ = 0;
  return all;
}

}  // namespace microframe::v1
