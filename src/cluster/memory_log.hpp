// MemoryLog: a log of a MemoryBus (hub/broker.hpp says what a log is). No clock, no threads: time
// comes in, and the bus guards its logs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "hub/broker.hpp"

namespace microframe::cluster {

class MemoryLog {
 public:
  using Broker = hub::Broker;

  // epoch: one that no log has had.
  explicit MemoryLog(std::uint64_t epoch) : epoch_(epoch) {}

  Broker::Position position() const { return {epoch_, last_}; }
  // entry: the one that was appended, or the former one.
  struct Outcome {
    Broker::Appended appended;
    Broker::Entry entry;
  };
  Outcome append(const Broker::Append& what, std::uint64_t tag, std::uint64_t now_ms);
  Broker::Page read(std::uint64_t from, std::size_t limit, std::uint64_t now_ms);
  // Numbers what it holds anew, under an epoch that no log has had.
  void renew(std::uint64_t epoch);
  // The last entries are gone, as if they had never been appended.
  void roll_back(std::size_t count);

 private:
  struct Kept {
    std::uint64_t tag;
    std::uint64_t time_ms;
    std::string bytes;
  };
  struct Once {
    std::uint64_t offset;  // 0: no longer held when the log was renewed
    std::uint64_t time_ms;
  };

  std::uint64_t first() const { return last_ - kept_.size() + 1; }
  void expire(std::uint64_t now_ms);

  std::uint64_t epoch_;
  std::uint64_t last_ = 0;
  std::uint64_t age_max_ms_ = 0;
  std::deque<Kept> kept_;  // the last of them has the offset last_
  std::map<std::string, Once> once_;
};

}  // namespace microframe::cluster
