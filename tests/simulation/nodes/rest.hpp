// What holds once all nodes are whole and nothing is under way: everybody knows the same, and what was
// acknowledged was heard.
#pragma once

#include <optional>
#include <span>

#include "simulation/nodes/press.hpp"
#include "simulation/nodes/process.hpp"
#include "simulation/nodes/scene.hpp"

namespace microframe::simulation::nodes {

using Processes = std::span<std::optional<Process>>;

// errors: Violation.
void check_at_rest(const Scene& scene, const Press::Clients& clients, Processes processes);
// Everybody has gone, and all nodes have forgotten them.
// errors: Violation.
void check_empty(const Scene& scene, Processes processes);

}  // namespace microframe::simulation::nodes
