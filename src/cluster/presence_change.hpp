// PresenceChange: who came into a room that tells presence, and who went, on other nodes. A device
// whose metadata has changed comes again.
#pragma once

#include <string>
#include <vector>

#include "hub/presence.hpp"

namespace microframe::cluster {

struct PresenceChange {
  std::string room;
  hub::Presence::Users joins;
  hub::Presence::Users leaves;
};
using PresenceChanges = std::vector<PresenceChange>;

}  // namespace microframe::cluster
