// Arrival: a connection that has been accepted, and what admission said of it.
#pragma once

#include <cstdint>

#include "guard/admission.hpp"
#include "net/address.hpp"
#include "net/descriptor.hpp"

namespace microframe::guard {

// Which listener a connection came by.
enum class Door : std::uint8_t {
  served,  // everything that is served
  admin,   // the operator's pages and handlers, without TLS, proxies or places
};

struct Arrival {
  net::Descriptor fd;  // connected, non-blocking
  net::PeerAddress peer;
  Admission::Verdict verdict;
  Admission::Ticket ticket;  // empty unless admitted
  Door door = Door::served;
};

}  // namespace microframe::guard
