#include "cluster/log_order.hpp"

#include <algorithm>
#include <utility>

namespace microframe::cluster {

// --- what it wishes ---

LogOrder::Wish LogOrder::wish() const {
  if (state_ == State::wants_read) return Wish::read;
  return state_ == State::wants_renew ? Wish::renew : Wish::nothing;
}

void LogOrder::asked() {
  again_ = false;
  for (Held& one : held_) one.before_asked = true;
  state_ = state_ == State::wants_renew ? State::renewing : State::reading;
}

void LogOrder::failed() {
  state_ = state_ == State::renewing ? State::wants_renew : State::wants_read;
}

void LogOrder::want_read(bool from_the_start) {
  if (from_the_start) starts_over_ = true;
  if (state_ == State::level) {
    state_ = State::wants_read;
  } else {
    again_ = true;
  }
}

void LogOrder::want_renew(std::uint64_t epoch) {
  renew_epoch_ = epoch;
  state_ = State::wants_renew;
}

// epoch: the log's.
void LogOrder::fork(std::uint64_t epoch) {
  ++forks_;
  held_.clear();
  held_bytes_ = 0;
  want_renew(epoch);
}

void LogOrder::interrupted() {
  want_read(false);
}

void LogOrder::look() {
  const std::optional<Broker::Position> told = std::exchange(told_, std::nullopt);
  if (!told || state_ != State::level) return;
  const bool other = told->epoch != at_.epoch && asked_at_.epoch == at_.epoch;
  const bool behind = told->epoch == at_.epoch && told->offset > at_.offset;
  const bool shrunk = told->epoch == asked_at_.epoch && told->offset < asked_at_.offset;
  if (behind) ++gaps_;
  if (other || behind || shrunk) want_read(false);
}

// --- what comes ---

void LogOrder::hold(std::uint64_t epoch, const Broker::Entry& entry) {
  if (held_bytes_ + entry.bytes.size() > kHeldBytesMax) {
    again_ = true;
    return;
  }
  held_bytes_ += entry.bytes.size();
  held_.push_back({epoch, entry});
}

// Whether another message was given under the entry's number.
bool LogOrder::contradicts(const Broker::Entry& entry) const {
  const std::uint64_t back = at_.offset - entry.offset;
  return back < tags_.size() && tags_[tags_.size() - 1 - back] != entry.tag;
}

bool LogOrder::lacks_what_was_heard(const Broker::Page& page) const {
  return std::any_of(held_.begin(), held_.end(), [&](const Held& one) {
    if (!one.before_asked) return false;
    return one.epoch > page.epoch || (one.epoch == page.epoch && one.entry.offset > page.last);
  });
}

void LogOrder::move(Broker::Position position, Steps& steps) {
  if (position.epoch == at_.epoch) ++losses_;
  at_ = position;
  tags_.clear();
  steps.push_back({position, std::nullopt});
}

void LogOrder::give(const Broker::Entry& entry, Steps& steps) {
  at_.offset = entry.offset;
  tags_.push_back(entry.tag);
  if (tags_.size() > kTagsMax) tags_.pop_front();
  steps.push_back({at_, entry});
}

void LogOrder::absorb(std::uint64_t epoch, const Broker::Entry& entry, Steps& steps) {
  if (state_ != State::level) return hold(epoch, entry);
  if (epoch < at_.epoch) return;
  if (epoch > at_.epoch && entry.offset == 1) move({epoch, 0}, steps);
  if (epoch > at_.epoch) {
    want_read(true);
    return hold(epoch, entry);
  }
  if (entry.offset <= at_.offset) {
    if (contradicts(entry)) fork(at_.epoch);
  } else if (entry.offset == at_.offset + 1) {
    give(entry, steps);
  } else {
    ++gaps_;
    want_read(false);
    hold(epoch, entry);
  }
}

LogOrder::Steps LogOrder::entry(std::uint64_t epoch, const Broker::Entry& entry) {
  Steps steps;
  absorb(epoch, entry, steps);
  return steps;
}

void LogOrder::take_held(Steps& steps) {
  held_bytes_ = 0;
  for (const Held& one : std::exchange(held_, {})) absorb(one.epoch, one.entry, steps);
}

void LogOrder::take(const Broker::Page& page, Steps& steps) {
  for (const Broker::Entry& entry : page.entries) {
    if (entry.offset <= at_.offset) continue;
    if (entry.offset > at_.offset + 1) move({at_.epoch, entry.offset - 1}, steps);
    give(entry, steps);
  }
  if (page.entries.empty() && page.last > at_.offset) move({at_.epoch, page.last}, steps);
  if (page.last > at_.offset) want_read(false);
}

// An older epoch, less than was heard, or another message under a number that was given.
bool LogOrder::is_forked(const Broker::Page& page) const {
  if (page.epoch < at_.epoch || lacks_what_was_heard(page)) return true;
  if (page.epoch > at_.epoch) return false;
  if (page.last < at_.offset) return true;
  return !page.entries.empty() && page.entries.front().offset <= at_.offset &&
         contradicts(page.entries.front());
}

LogOrder::Steps LogOrder::page(const Broker::Page& page) {
  Steps steps;
  const bool from_the_start = std::exchange(starts_over_, false);
  state_ = State::level;
  if (page.epoch == 0) {
    // There is no log, or none any more: its epoch must be known before its first message.
    std::erase_if(held_, [](const Held& one) { return one.before_asked; });
    want_renew(0);
  } else if (is_forked(page)) {
    fork(page.epoch);
  } else if (page.epoch > at_.epoch && !from_the_start) {
    want_read(true);
  } else if (page.epoch > at_.epoch) {
    const std::uint64_t first = page.entries.empty() ? page.last + 1 : page.entries.front().offset;
    move({page.epoch, first - 1}, steps);
    take(page, steps);
  } else {
    take(page, steps);
  }
  if (std::exchange(again_, false)) want_read(false);
  if (state_ == State::level) take_held(steps);
  return steps;
}

LogOrder::Steps LogOrder::renewed(Broker::Position position) {
  Steps steps;
  state_ = State::level;
  if (position.epoch != 0 && position.offset == 0 && position.epoch > at_.epoch)
    move(position, steps);
  else
    want_read(position.epoch > at_.epoch);
  if (std::exchange(again_, false)) want_read(false);
  if (state_ == State::level) take_held(steps);
  return steps;
}

}  // namespace microframe::cluster
