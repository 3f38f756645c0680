// PeerFeed: whether what one node tells of its users is all of it. The node numbers its changes. After
// a gap, a new incarnation, or before the first word, it is asked for the whole; what it tells
// meanwhile is believed at once, and kept, because the whole may be older. No I/O; time comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace microframe::cluster {

class PeerFeed {
 public:
  // What is kept while the whole is on its way; past it, the whole is asked for again.
  static constexpr std::size_t kHeldBytesMax = 8 * 1024 * 1024;
  // How long the whole may take before it is asked for again.
  static constexpr std::uint64_t kWholeMs = 2000;

  enum class Outcome : std::uint8_t { nothing, apply, ask, apply_and_ask };

  // The node lives, and its latest changes have that number.
  // returns: nothing or ask.
  Outcome beat(std::uint64_t incarnation, std::uint64_t number, std::uint64_t now_ms);
  // body: of the changes.
  Outcome changes(std::uint64_t incarnation, std::uint64_t number, std::string_view body,
                  std::uint64_t now_ms);
  // The whole begins, goes on, and ends.
  // returns: whether it is one that was asked for.
  bool begin_whole(std::uint64_t incarnation, std::uint64_t number);
  bool is_gathering(std::uint64_t incarnation) const {
    return state_ == State::gathering && incarnation == incarnation_;
  }
  // again: changes that are newer than the whole, in order.
  struct End {
    bool whole = false;  // whether it ends one
    bool ask = false;
    std::vector<std::string> again;
  };
  End end_whole(std::uint64_t incarnation, std::uint64_t number, std::uint64_t now_ms);
  // Something was not understood, or there was no memory for it: the next beat asks for the whole.
  void distrust();

  std::uint64_t incarnation() const { return incarnation_; }
  bool is_current() const { return state_ == State::current; }
  std::uint64_t gaps() const { return gaps_; }

 private:
  enum class State : std::uint8_t { unknown, asked, gathering, current };
  struct Held {
    std::uint64_t number;
    std::string body;
  };

  void meet(std::uint64_t incarnation);
  bool ask(std::uint64_t now_ms);
  void hold(std::uint64_t number, std::string_view body);

  State state_ = State::unknown;
  std::uint64_t incarnation_ = 0;
  std::uint64_t number_ = 0;  // all changes up to it are known, if current; else of the whole
  std::uint64_t asked_ms_ = 0;
  std::uint64_t gaps_ = 0;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace microframe::cluster
