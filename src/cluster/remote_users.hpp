// RemoteUsers: what another node has told of its users at one endpoint. Kept small: a user in two
// rooms takes about 100 bytes. No I/O, no clock, no threads: the Directory guards it. Without memory
// (std::bad_alloc) nothing has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/block_set.hpp"
#include "cluster/packed_user.hpp"
#include "cluster/presence_change.hpp"
#include "cluster/room_numbers.hpp"
#include "hub/presence.hpp"
#include "hub/user_record.hpp"

namespace microframe::cluster {

class RemoteUsers {
 public:
  RemoteUsers() = default;
  RemoteUsers(RemoteUsers&&) = default;
  RemoteUsers& operator=(RemoteUsers&&) = delete;
  ~RemoteUsers();

  // In place of what is known of the user; an empty record: of whom nothing is known.
  PresenceChanges set(std::string_view user, const hub::UserRecord& record);
  // From here to end_whole() every user is set that the node has: others are forgotten at its end.
  void begin_whole() { ++mark_; }
  PresenceChanges end_whole();
  PresenceChanges clear();

  std::size_t size() const { return users_.size(); }
  std::size_t connections() const { return connections_; }  // present devices
  // As far as they are counted: of blocks and tables.
  std::size_t bytes() const;
  std::size_t devices(std::string_view user) const;  // present
  bool receives(std::string_view user) const;
  // Appended to the result, in no order.
  void users(std::vector<std::string>& result) const;  // with a present device
  void room_members(std::string_view room, std::vector<std::string>& result) const;
  void user_rooms(std::string_view user, std::vector<std::string>& result) const;
  void rooms(std::vector<std::string>& result) const { rooms_.names(result); }
  void presence(std::string_view room, hub::Presence::Users& result) const;

 private:
  struct HashOfUser {
    std::uint32_t operator()(const char* block) const { return PackedUser(block).hash(); }
  };

  char* find(std::string_view user) const;
  hub::UserRecord unpack(const char* block) const;
  PresenceChanges forget(char* block);
  // Takes the block out of everything, and frees it.
  void drop(char* block);
  template <class Should>
  PresenceChanges forget_if(Should&& should);

  BlockSet<HashOfUser> users_;  // owns the blocks
  RoomNumbers rooms_;
  std::size_t connections_ = 0;
  std::size_t block_bytes_ = 0;
  std::uint8_t mark_ = 0;
};

}  // namespace microframe::cluster
