// Everywhere: what an application asks of an endpoint, of this node and all others: the hub here and,
// if there are other nodes, Elsewhere. Threading: any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/frame.hpp"
#include "hub/delivery.hpp"
#include "hub/elsewhere.hpp"
#include "hub/hub.hpp"
#include "hub/presence.hpp"
#include "hub/seal.hpp"

namespace microframe::hub {

class Everywhere {
 public:
  // Both outlive it. elsewhere: nullptr: there is no other node.
  // first_id: random, so that the messages of two nodes have two names.
  Everywhere(Hub& hub, Elsewhere* elsewhere, std::uint64_t first_id = 1)
      : hub_(hub), elsewhere_(elsewhere), next_id_(first_id) {}

  // Whether there may be other nodes.
  bool has_others() const { return elsewhere_ != nullptr; }

  // --- messages
  void broadcast(const base::Frame& frame, Exclusion exclusion);
  // How a message is appended to a log, where a log keeps the room's.
  struct Appending {
    std::string once;                     // as Broker::Append has it
    Broker::Done<Broker::Appended> told;  // always called, on the broker's thread
  };
  // Whether a log keeps the room's messages, so that publishing there takes an Appending.
  bool appends(std::string_view room) const;
  // returns: whether the room has any member.
  bool broadcast_to_room(std::string_view room, const Seal& seal, Exclusion exclusion,
                         Appending appending);
  // returns: how many of the users have a present device.
  std::size_t send_to(const std::set<std::string_view>& users, const base::Frame& frame);

  // As Elsewhere::history(). Only where a log keeps the room's messages.
  void read_log(std::string_view room, std::uint64_t since, std::size_t limit,
                Broker::Done<std::vector<Elsewhere::Kept>> told) const {
    elsewhere_->history(room, hub_.policy(room), since, limit, std::move(told));
  }

  // --- members
  JoinResult join_user(std::string_view user, std::string_view room);
  bool leave_user(std::string_view user, std::string_view room);
  // returns: how many devices were told.
  std::size_t disconnect(std::string_view user, std::string_view reason);

  // A device of the user has come here: where there are more than `max` in all, the oldest on another
  // node goes.
  void limit_devices(std::string_view user, std::size_t max);

  // --- who is there
  std::vector<std::string> users() const;
  std::size_t devices(std::string_view user) const;
  std::size_t connections() const;
  std::vector<std::string> room_members(std::string_view room) const;
  std::vector<std::string> user_rooms(std::string_view user) const;
  bool is_in_room(std::string_view user, std::string_view room) const;
  std::size_t room_size(std::string_view room) const;  // users
  std::vector<std::string> rooms() const;              // with a user in it, sorted
  Presence::Users presence(std::string_view room) const;

 private:
  // Of a message that goes to other nodes as well; never 0.
  std::uint64_t new_id();

  Hub& hub_;
  Elsewhere* const elsewhere_;
  std::atomic<std::uint64_t> next_id_;
};

}  // namespace microframe::hub
