// UserRecord: what other nodes know of one user's devices on a node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hub/presence.hpp"

namespace microframe::hub {

struct UserRecord {
  UserRecord() = default;

  struct InRoom {
    std::string room;
    std::vector<Presence::Device> devices;  // where the room tells presence; sorted by id
  };

  std::uint32_t present = 0;    // devices with an open connection
  std::uint32_t receiving = 0;  // these, and those whose session waits for its client
  std::vector<InRoom> rooms;    // sorted by name

  // Whether the user has nothing here: no record is kept.
  bool empty() const { return receiving == 0 && rooms.empty(); }
};

}  // namespace microframe::hub
