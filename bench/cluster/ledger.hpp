// Ledger: what the guests of a run have said and heard, and when those that were lost were back.
// Threading: any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "microframe/client.hpp"
#include "microframe/microframe.hpp"

namespace returns {

using Clock = std::chrono::steady_clock;

// A message: whose it is, which of theirs, and when it was handed to their client.
struct Said {
  std::size_t guest = 0;
  std::uint32_t number = 0;
  Clock::time_point at{};
};

class Ledger {
 public:
  // Guest g is in room g % rooms.
  Ledger(std::size_t guests, std::size_t rooms);

  void on_said(const Said& said);
  // code: "" for an acknowledgement.
  void on_answer(const Said& said, const std::string& code);
  void on_heard(std::size_t guest, const Said& said, std::uint64_t offset);
  void on_joined(std::size_t guest, const microframe::JoinedRoom& room);
  void on_state(std::size_t guest, const microframe::ClientStatus& status);

  // Forgets how guests came back, and how late messages were.
  void begin_round();
  // Whether all guests are connected and have what they missed, and at least `lost` were lost in
  // this round.
  bool all_are_back(std::size_t lost) const;
  // This round: `back` and `caught_up`, when each lost guest was, in seconds of the system's
  // monotonic clock; `late`, how many seconds messages took to their hearers: median, 99 of 100,
  // and most.
  microframe::Json round() const;

  // Whether every message is answered, and every guest has heard its room to the end.
  bool is_settled() const;
  // The whole run.
  microframe::Json verdict() const;

 private:
  struct Guest {
    bool is_open = false;
    bool was_lost = false;        // in this round
    std::uint64_t last = 0;       // the offset up to which the room was heard
    std::uint64_t missed_to = 0;  // caught up once this offset was heard
    Clock::time_point back{};     // since the last loss; zero: not yet
    Clock::time_point caught_up{};
  };
  struct Room {
    std::unordered_map<std::uint64_t, std::uint64_t> offsets;  // by message
    std::unordered_set<std::uint64_t> acknowledged;
    std::uint64_t latest = 0;
  };

  static std::uint64_t name_of(const Said& said) {
    return std::uint64_t{said.guest} << 32 | said.number;
  }
  Room& room_of(std::size_t guest) { return rooms_[guest % rooms_.size()]; }
  static bool is_back(const Guest& guest);
  static void note_progress(Guest& guest);
  void blame(std::size_t& count, std::size_t guest, const Said& said, std::uint64_t offset);
  std::size_t lost() const;

  mutable std::mutex mutex_;
  std::vector<Guest> guests_;
  std::vector<Room> rooms_;
  std::vector<float> late_s_;  // this round
  std::size_t resumed_ = 0;    // this round
  std::size_t anew_ = 0;
  std::size_t said_ = 0;
  std::size_t answered_ = 0;
  std::size_t twice_ = 0;                      // published at two offsets
  std::size_t repeated_ = 0;                   // heard twice by a guest, or out of order
  std::size_t gaps_ = 0;                       // missed without being told
  std::size_t told_ = 0;                       // missed, and told
  std::size_t ended_ = 0;                      // guests that have given up
  std::map<std::string, std::size_t> failed_;  // by code
  std::vector<std::string> problems_;          // the first few, in words
};

}  // namespace returns
