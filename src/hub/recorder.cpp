#include "hub/recorder.hpp"

#include <algorithm>
#include <utility>

#include "hub/room.hpp"

namespace microframe::hub {

void Recorder::add(const Member& device) {
  record_.present += device.present() ? 1 : 0;
  record_.receiving += device.receives() ? 1 : 0;
  if (!device.receives()) return;
  for (const base::Ref<Room>& room : device.rooms()) {
    auto& devices = rooms_[room->name()];
    if (auto seen = room->seen_of(device)) devices.push_back(std::move(*seen));
  }
}

UserRecord Recorder::take() {
  for (auto& [name, devices] : rooms_) {
    std::sort(devices.begin(), devices.end(),
              [](const auto& one, const auto& other) { return one.id < other.id; });
    UserRecord::InRoom in;
    in.room = name;
    in.devices = std::move(devices);
    record_.rooms.push_back(std::move(in));
  }
  return std::move(record_);
}

}  // namespace microframe::hub
