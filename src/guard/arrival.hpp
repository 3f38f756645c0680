// Arrival: a connection that has been accepted, and what admission said of it.
#pragma once

#include <cstdint>

#include "guard/admission.hpp"
#include "net/address.hpp"
#include "net/descriptor.hpp"

namespace microframe::guard {

// Which listener a connection came by.
enum class Door : std::uint8_t {
  served,   // everything that is served
  metrics,  // /metrics and the health pages, without TLS, proxies or places
};

struct Arrival {
  net::Descriptor fd;  // connected, non-blocking
  net::PeerAddress peer;
  Admission::Verdict verdict;
  Admission::Ticket ticket;  // empty unless admitted
  Door door = Door::served;
};

}  // namespace microframe::guard
