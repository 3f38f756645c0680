// A sweep of all rooms of a hub, for tests.
#pragma once

#include "hub/hub.hpp"

namespace test {

inline void sweep(microframe::hub::Hub& hub) {
  microframe::hub::RoomTable::Sweep so_far;
  while (hub.expire_some(so_far)) {
  }
}

}  // namespace test
