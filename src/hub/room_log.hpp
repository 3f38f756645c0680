// RoomLog: what an ordered room has beyond its members: history, presence, and the order in which
// all of its loops see what happens in it. Threading: guarded by `order`. Lock order: a user's
// lock, a room's, then this; under it only sinks are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "hub/history.hpp"
#include "hub/presence.hpp"

namespace microframe::hub {

struct RoomLog {
  explicit RoomLog(std::size_t loops) : pending(loops) {}

  std::mutex order;
  // Out of the hub's table: what is still published to it would be lost, and goes to a new room of
  // the name.
  bool forgotten = false;
  // Of all that is handed out, messages and presence. Who is seated has seen what came before.
  std::uint64_t sequence = 0;
  std::optional<History> history;
  std::optional<Presence> presence;
  // Posts under way to each loop: as long as there is one, what follows is posted behind it, from
  // the loop itself too.
  std::vector<std::size_t> pending;
};

}  // namespace microframe::hub
