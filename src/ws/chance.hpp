// Chance: a random number that nobody can foretell. Any thread.
#pragma once

namespace microframe::ws {

// Of [0, 1).
double chance();

}  // namespace microframe::ws
