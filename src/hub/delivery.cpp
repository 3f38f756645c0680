#include "hub/delivery.hpp"

#include <algorithm>
#include <new>

namespace microframe::hub {
namespace {

// A copy costs what two receivers would wait for each other, and bytes about a nanosecond for ten.
constexpr std::size_t kReceiversMin = 4;
constexpr std::size_t kBytesPerReceiver = 1024;

}  // namespace

bool Exclusion::covers(const Member& member) const {
  return &member == device.get() ||
         std::find(users.begin(), users.end(), member.user()) != users.end();
}

void Delivery::part_from_others(std::size_t receivers) {
  if (receivers < kReceiversMin || frame.size() > receivers * kBytesPerReceiver) return;
  try {
    frame = frame.own_copy();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace microframe::hub
