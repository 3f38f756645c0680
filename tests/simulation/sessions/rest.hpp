// What holds once nothing is under way: a client knows what the hub knows, and the hub keeps what
// was said.
#pragma once

#include <string>

#include "simulation/sessions/device.hpp"
#include "simulation/sessions/scene.hpp"
#include "simulation/sessions/server.hpp"

namespace microframe::simulation::sessions {

// An online client is in the rooms that the hub has it in, and knows of each who is there as the
// hub does.
// errors: Violation.
void check_presence(const Scene& scene, const Server& server, const Device& device);
// What the hub keeps of a room is the latest that was said there.
// errors: Violation.
void check_history(const Scene& scene, const std::string& room);
// Everybody has gone, and the hub has forgotten all of them.
// errors: Violation.
void check_empty(const Scene& scene);

}  // namespace microframe::simulation::sessions
