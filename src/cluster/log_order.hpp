// LogOrder: the messages of one log in order, once, without a gap, out of what comes by subscription
// and what is read; and whether the log is still the one it was. Pure: says what it wishes to ask, and
// is told what came of it.
//
// A log forks where a broker's replica is promoted that lacks its last messages: it goes on under the
// same epoch, and numbers others alike. That shows in the tags: the last message that was given is read
// again after every interruption. A forked log gets a new epoch (Broker::renew).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "hub/broker.hpp"

namespace microframe::cluster {

class LogOrder {
 public:
  using Broker = hub::Broker;

  // What comes by subscription meanwhile is held up to so many bytes; past it, it is read later.
  static constexpr std::size_t kHeldBytesMax = 4 * 1024 * 1024;

  // An entry and its position; or, without an entry, the position before the next: the log goes on there.
  struct Step {
    Broker::Position position;
    std::optional<Broker::Entry> entry;
  };
  using Steps = std::vector<Step>;
  enum class Wish : std::uint8_t { nothing, read, renew };

  // --- what it wishes. After asked(), one of page(), renewed() and failed() follows.
  Wish wish() const;
  std::uint64_t read_from() const { return starts_over_ ? 0 : at_.offset; }
  std::uint64_t renew_epoch() const { return renew_epoch_; }
  void asked();
  Steps page(const Broker::Page& page);
  Steps renewed(Broker::Position position);
  void failed();

  // --- what it is told
  Steps entry(std::uint64_t epoch, const Broker::Entry& entry);
  // Messages may have been missed, and the log may be another one.
  void interrupted();
  // Positions are asked for; position() tells the answer, and look() what to make of it, a little
  // later, when all that was on its way has come.
  void positions_asked() { asked_at_ = at_; }
  void position(Broker::Position position) { told_ = position; }
  void look();

  // All up to it was given.
  Broker::Position at() const { return at_; }
  // Whether nothing is asked, and nothing known to be missing.
  bool is_level() const { return state_ == State::level && at_.epoch != 0; }
  std::uint64_t gaps() const { return gaps_; }
  std::uint64_t forks() const { return forks_; }
  std::uint64_t losses() const { return losses_; }  // jumps over what the log no longer had

 private:
  static constexpr std::size_t kTagsMax = 32;
  enum class State : std::uint8_t { level, wants_read, reading, wants_renew, renewing };
  struct Held {
    std::uint64_t epoch;
    Broker::Entry entry;
    bool before_asked = false;  // so what is read then must have it
  };

  void want_read(bool from_the_start);
  void want_renew(std::uint64_t epoch);
  void fork(std::uint64_t epoch);
  void hold(std::uint64_t epoch, const Broker::Entry& entry);
  bool is_forked(const Broker::Page& page) const;
  bool contradicts(const Broker::Entry& entry) const;
  bool lacks_what_was_heard(const Broker::Page& page) const;
  void move(Broker::Position position, Steps& steps);
  void give(const Broker::Entry& entry, Steps& steps);
  void absorb(std::uint64_t epoch, const Broker::Entry& entry, Steps& steps);
  void take(const Broker::Page& page, Steps& steps);
  void take_held(Steps& steps);

  State state_ = State::wants_read;
  bool starts_over_ = true;  // the next read is of all that the log has
  bool again_ = false;       // something happened while it was asked: read once more
  std::uint64_t renew_epoch_ = 0;
  Broker::Position at_;
  Broker::Position asked_at_;
  std::optional<Broker::Position> told_;
  std::deque<std::uint64_t> tags_;  // of the latest that were given, the last at at_
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint64_t forks_ = 0;
  std::uint64_t losses_ = 0;
};

}  // namespace microframe::cluster
