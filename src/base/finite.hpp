// Whether JSON can be said again: of 1e400 the parser makes infinity, and of 0e400000000 NaN, for
// which JSON has no words (RFC 8259 §6).
#pragma once

#include "microframe/json.hpp"

namespace microframe::base {

// Whether every number in `value` is finite. value: nested no deeper than the parser lets it be.
bool is_finite(const Json& value);

}  // namespace microframe::base
