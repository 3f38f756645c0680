#include "simulation/sessions/rest.hpp"

#include "simulation/trace.hpp"

namespace microframe::simulation::sessions {

void check_presence(const Scene& scene, const Server& server, const Device& device) {
  const Host* host = server.find(device.session().name());
  require(host != nullptr, [&] { return device.name() + " is online without a session"; });
  const auto rooms = scene.hub.rooms_of(*host);
  require(rooms == device.session().rooms().names(),
          [&] { return device.name() + " is in other rooms than the hub has it in"; });
  for (const std::string& room : rooms) {
    if (!House::has_presence(room)) continue;
    const Json known = device.session().rooms().presence(room);
    const Json present = to_json(scene.hub.presence(room));
    require(known == present, [&] {
      return device.name() + " takes " + microframe::to_text(known) + " for present in " + room +
             ", the hub " + microframe::to_text(present);
    });
  }
}

void check_history(const Scene& scene, const std::string& room) {
  std::uint64_t last = 0;
  for (const auto& entry : scene.hub.history(room, 0, 100)) {
    const std::string& epoch = scene.house.epoch_of(room);
    require(last == 0 || entry.offset == last + 1,
            [&] { return room + " keeps its messages with a gap"; });
    last = entry.offset;
    scene.annals.at(epoch, entry.offset);
    if (last == scene.annals.last_offset(epoch)) return;
  }
  require(last == 0, [&] { return room + " lacks its latest message"; });
}

void check_empty(const Scene& scene) {
  require(scene.house.online().empty(), [] { return "somebody is online who is not there"; });
  const hub::Hub& hub = scene.hub;
  require(hub.users().empty() && hub.connections() == 0 && hub.suspended() == 0,
          [] { return "somebody is still here"; });
  require(hub.rooms() == 0, [] { return "a room is still here"; });
}

}  // namespace microframe::simulation::sessions
