// Room: a named set of members. It is made for the first member and forgotten after the last; one
// that keeps messages is made for the first of either, and forgotten with the last of both.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/ref.hpp"
#include "hub/member_set.hpp"
#include "hub/room_log.hpp"
#include "hub/seating.hpp"

namespace microframe::hub {

class Room : public base::RefCounted {
 public:
  // log: nullptr unless it is ordered. window: as Seating has it.
  Room(std::string name, std::size_t loops, std::unique_ptr<RoomLog> log,
       std::chrono::milliseconds window)
      : name_(std::move(name)), seating_(loops, window), log_(std::move(log)) {}

  const std::string& name() const { return name_; }
  Seating& seating() { return seating_; }
  // nullptr unless it is ordered.
  RoomLog* log() { return log_.get(); }
  // Gives it up, under the room's lock and without members, unless it keeps messages. Takes the
  // log's order. returns: whether it is to be taken out of the table.
  bool forget() {
    if (!log_) return true;
    const std::lock_guard lock(log_->order);
    log_->forgotten = !log_->history || log_->history->empty();
    return log_->forgotten;
  }
  // The members of every loop. Guarded by the room's lock in the hub.
  MemberSet& members() { return members_; }

 private:
  const std::string name_;
  Seating seating_;
  MemberSet members_;
  const std::unique_ptr<RoomLog> log_;
};

}  // namespace microframe::hub
