// FollowedLog: the log of a room that is open here: asks the broker for what LogOrder wishes, and gives
// the hub what it has brought into order. Threading: the broker's thread. Held by a shared_ptr: answers
// that come after the last one is gone do nothing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "cluster/counts.hpp"
#include "cluster/log_order.hpp"
#include "hub/arrivals.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class FollowedLog : public std::enable_shared_from_this<FollowedLog> {
 public:
  // Entries in one read.
  static constexpr std::size_t kPage = 512;

  // broker, arrivals, counts: outlive it. level: called once, when all that the log had was given.
  FollowedLog(hub::Broker& broker, hub::Arrivals& arrivals, Counts& counts, std::string log,
              std::string room, std::function<void()> level);

  // Reads, or goes on with what has failed.
  void pump();
  void entry(std::uint64_t epoch, const hub::Broker::Entry& entry);
  void interrupted();
  void positions_asked() { order_.positions_asked(); }
  void position(hub::Broker::Position position) { order_.position(position); }
  void look();

  const std::string& log() const { return log_; }

 private:
  void read();
  void renew();
  void give(const LogOrder::Steps& steps);
  void note();

  hub::Broker& broker_;
  hub::Arrivals& arrivals_;
  Counts& counts_;
  const std::string log_;
  const std::string room_;
  std::function<void()> level_;  // empty once it was called
  LogOrder order_;
  // What was counted already.
  std::uint64_t gaps_ = 0;
  std::uint64_t forks_ = 0;
  std::uint64_t losses_ = 0;
};

}  // namespace microframe::cluster
