// Arrival: a connection that has been accepted, and what admission said of it.
#pragma once

#include "net/address.hpp"
#include "ws/admission.hpp"

namespace microframe::ws {

struct Arrival {
  int fd;  // connected, non-blocking; the receiver's to close
  net::PeerAddress peer;
  Admission::Verdict verdict;
  Admission::Ticket ticket;  // empty unless admitted
};

}  // namespace microframe::ws
