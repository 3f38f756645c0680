// What holds once nothing is under way, and once everybody has gone.

#include <algorithm>

#include "simulation/sessions/frames.hpp"
#include "simulation/sessions/world.hpp"

namespace microframe::simulation::sessions {

void World::check_at_rest() const {
  for (const auto& device : devices_) {
    require(device->is_online() || device->is_over(),
            [&] { return device->name() + " is still on its way"; });
    if (!device->is_online()) continue;
    device->check_at_rest();
    check_presence(*device);
  }
  for (const auto& onlooker : onlookers_) onlooker->check_complete();
  for (const std::string& room : House::rooms()) check_history(room);
}

// A client is in the rooms that the hub has it in, and knows of each who is there as the hub does.
void World::check_presence(const Device& device) const {
  const Host* host = server_.find(device.session().name());
  require(host != nullptr, [&] { return device.name() + " is online without a session"; });
  const auto rooms = scene_.hub.rooms_of(*host);
  require(rooms == device.session().rooms().names(),
          [&] { return device.name() + " is in other rooms than the hub has it in"; });
  for (const std::string& room : rooms) {
    if (!House::has_presence(room)) continue;
    const Json known = device.session().rooms().presence(room);
    const Json present = to_json(scene_.hub.presence(room));
    require(known == present, [&] {
      return device.name() + " takes " + to_text(known) + " for present in " + room + ", the hub " +
             to_text(present);
    });
  }
}

// What the hub keeps of a room is the latest that was said there.
void World::check_history(const std::string& room) const {
  std::uint64_t last = 0;
  for (const auto& entry : scene_.hub.history(room, 0, 100)) {
    const std::string& epoch = scene_.house.epoch_of(room);
    require(last == 0 || entry.offset == last + 1,
            [&] { return room + " keeps its messages with a gap"; });
    last = entry.offset;
    scene_.annals.at(epoch, entry.offset);
    if (last == scene_.annals.last_offset(epoch)) return;
  }
  require(last == 0, [&] { return room + " lacks its latest message"; });
}

void World::check_ended() {
  for (const auto& loop : scene_.loops)
    require(!loop->waiting(), [] { return "a loop is not at rest"; });
  for (const auto& device : devices_)
    require(device->is_over(), [&] { return device->name() + " never ended"; });
  for (const auto& host : server_.hosts()) host->check_ended();
  scene_.ledger.check_settled();
  require(scene_.house.online().empty(), [] { return "somebody is online who is not there"; });
  const hub::Hub& hub = scene_.hub;
  require(hub.users().empty() && hub.connections() == 0 && hub.suspended() == 0,
          [] { return "somebody is still here"; });
  require(hub.rooms() == 0, [] { return "a room is still here"; });
}

}  // namespace microframe::simulation::sessions
