// Chance: a random number that nobody can foretell. Any thread.
#pragma once

namespace microframe::base {

// Of [0, 1).
double chance();

}  // namespace microframe::base
