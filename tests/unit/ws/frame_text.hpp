// The texts of a frame: its form for clients without a session, and the form for sessions.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/frame.hpp"

namespace test {

inline std::string plain_of(const microframe::base::Frame& frame) {
  return std::string(microframe::base::as_text(frame.plain().content()));
}
inline std::string enveloped_of(const microframe::base::Frame& frame) {
  return std::string(microframe::base::as_text(frame.enveloped().content()));
}

}  // namespace test
