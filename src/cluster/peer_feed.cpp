#include "cluster/peer_feed.hpp"

#include <utility>

namespace microframe::cluster {

void PeerFeed::meet(std::uint64_t incarnation) {
  if (incarnation == incarnation_) return;
  incarnation_ = incarnation;
  distrust();
}

void PeerFeed::distrust() {
  state_ = State::unknown;
  held_.clear();
  held_bytes_ = 0;
}

bool PeerFeed::ask(std::uint64_t now_ms) {
  const bool waits = state_ == State::asked || state_ == State::gathering;
  if (state_ == State::current || (waits && now_ms < asked_ms_ + kWholeMs)) return false;
  state_ = State::asked;
  asked_ms_ = now_ms;
  return true;
}

void PeerFeed::hold(std::uint64_t number, std::string_view body) {
  if (held_bytes_ + body.size() > kHeldBytesMax) distrust();
  held_bytes_ += body.size();
  held_.push_back({number, std::string(body)});
}

PeerFeed::Outcome PeerFeed::beat(std::uint64_t incarnation, std::uint64_t number,
                                 std::uint64_t now_ms) {
  meet(incarnation);
  if (state_ == State::current && number != number_) {
    ++gaps_;
    distrust();
  }
  return ask(now_ms) ? Outcome::ask : Outcome::nothing;
}

PeerFeed::Outcome PeerFeed::changes(std::uint64_t incarnation, std::uint64_t number,
                                    std::string_view body, std::uint64_t now_ms) {
  meet(incarnation);
  if (state_ == State::current) {
    if (number <= number_) return Outcome::nothing;
    if (number == number_ + 1) {
      number_ = number;
      return Outcome::apply;
    }
    ++gaps_;
    distrust();
  }
  hold(number, body);
  return ask(now_ms) ? Outcome::apply_and_ask : Outcome::apply;
}

bool PeerFeed::begin_whole(std::uint64_t incarnation, std::uint64_t number) {
  const bool asked = state_ == State::asked || state_ == State::gathering;
  if (!asked || incarnation != incarnation_) return false;
  state_ = State::gathering;
  number_ = number;
  return true;
}

PeerFeed::End PeerFeed::end_whole(std::uint64_t incarnation, std::uint64_t number,
                                  std::uint64_t now_ms) {
  End end;
  if (!is_gathering(incarnation) || number != number_) return end;
  end.whole = true;
  state_ = State::current;
  std::deque<Held> held = std::exchange(held_, {});
  held_bytes_ = 0;
  while (!held.empty()) {
    const std::uint64_t next = held.front().number;
    if (next > number_ + 1) {
      ++gaps_;
      distrust();
      break;
    }
    if (next == number_ + 1) {
      number_ = next;
      end.again.push_back(std::move(held.front().body));
    }
    held.pop_front();
  }
  // What lies behind the gap is believed already, and the next whole is newer.
  end.ask = ask(now_ms);
  return end;
}

}  // namespace microframe::cluster
