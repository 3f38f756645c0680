// Arrival: a session of microframe.v1 on its way from another node: who asks for it, and where it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "v1/names.hpp"

namespace microframe::ws {

struct Arrival {
  Arrival() = default;

  // What a client asks for.
  struct Wanted {
    v1::ResumeOffer offer;
    std::string user;
  };
  // Where the session is.
  struct Place {
    std::string node;
    std::uint64_t device = 0;  // the session's, by which others know it
    std::vector<std::string> rooms;
  };

  Wanted wanted;
  Place from;
};

}  // namespace microframe::ws
