// HubLimits: how much a hub takes on.
#pragma once

#include <cstddef>

namespace microframe::hub {

struct HubLimits {
  std::size_t devices_per_user_max = 16;
  std::size_t rooms_per_member_max = 128;
  std::size_t rooms_max = 1'000'000;
  std::size_t rooms_per_user_max = 4096;  // that the user was the first in
  std::size_t room_name_bytes_max = 255;
};

}  // namespace microframe::hub
