#include "hub/delivery.hpp"

#include <algorithm>
#include <new>

namespace microframe::hub {
namespace {

// To copy a frame costs about as much as two receivers' waiting for a shared count, and a nanosecond
// per ten bytes.
constexpr std::size_t kReceiversMin = 4;
constexpr std::size_t kBytesPerReceiver = 1024;

}  // namespace

std::string Exclusion::name_of(const Receiver& device) {
  return device.has_session() ? std::string(device.session()) : device.device();
}

bool Exclusion::covers(const Receiver& receiver) const {
  return &receiver == device.get() || (!session.empty() && session == name_of(receiver)) ||
         std::find(users.begin(), users.end(), receiver.user()) != users.end();
}

void Delivery::part_from_others(std::size_t receivers) {
  if (receivers < kReceiversMin || frame.size() > receivers * kBytesPerReceiver) return;
  try {
    frame = frame.own_copy();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace microframe::hub
