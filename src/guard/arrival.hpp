// Arrival: a connection that has been accepted, and what admission said of it.
#pragma once

#include "guard/admission.hpp"
#include "net/address.hpp"
#include "net/descriptor.hpp"

namespace microframe::guard {

struct Arrival {
  net::Descriptor fd;  // connected, non-blocking
  net::PeerAddress peer;
  Admission::Verdict verdict;
  Admission::Ticket ticket;  // empty unless admitted
};

}  // namespace microframe::guard
