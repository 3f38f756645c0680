// Arrivals: what a hub is told that comes from other nodes, and what it is asked for them. Called on
// the broker's thread, one call at a time. Views are good until the call returns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/broker.hpp"
#include "hub/parcel.hpp"
#include "hub/presence.hpp"
#include "hub/user_record.hpp"

namespace microframe::hub {

class Arrivals {
 public:
  // --- messages
  virtual void arrived(const Parcel& for_everyone) = 0;
  virtual void arrived_in(std::string_view room, const Parcel& parcel) = 0;
  virtual void arrived_for(const std::vector<std::string_view>& users, const Parcel& parcel) = 0;

  // --- rooms that this hub has opened (Elsewhere::open)
  // The room hears from now on what is sent in it anywhere.
  // opening: its number. others: who is in it on other nodes, where it tells presence.
  virtual void opened(std::string_view room, std::uint64_t opening, Presence::Users others) = 0;
  // In a room that tells presence, on other nodes.
  virtual void presence_changed(std::string_view room, const Presence::Users& joins,
                                const Presence::Users& leaves) = 0;
  // A message of the room's log, in the order of their offsets and without a gap, from the first
  // one that the log still has on. Also before opened().
  virtual void appended(std::string_view room, Broker::Position position,
                        std::chrono::milliseconds age, const Parcel& parcel) = 0;
  // The room's log goes on at another place: messages between are lost, or it has a new epoch.
  // last: the position of the message before the next.
  virtual void log_moved(std::string_view room, Broker::Position last) = 0;

  // --- what the application asks on another node
  virtual void join_here(std::string_view user, std::string_view room) = 0;
  virtual void leave_here(std::string_view user, std::string_view room) = 0;
  virtual void evict_here(std::string_view user) = 0;  // the oldest device
  virtual void disconnect_here(std::string_view user, std::string_view reason) = 0;

  // --- sessions that move
  // What this endpoint says on another node (Elsewhere::letter).
  virtual void letter(std::string_view node, std::string_view bytes) = 0;

  // --- what other nodes are to know
  virtual UserRecord record(std::string_view user) = 0;
  // Every user with a device here.
  virtual std::vector<std::string> users_here() = 0;

 protected:
  ~Arrivals() = default;
};

}  // namespace microframe::hub
