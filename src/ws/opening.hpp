// Opening: what a handshake has found out, for the device that it opens. Threading: one at a time.
#pragma once

#include <memory>
#include <string>

#include "base/ref.hpp"
#include "guard/admission.hpp"
#include "ws/arrival.hpp"
#include "ws/identity.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

class Endpoint;

struct Opening {
  Endpoint* endpoint;
  std::string user;
  base::Ref<const Identity> identity;
  bool has_session;  // it speaks microframe.v1
  bool inherits;     // what it sent in the session that it wished to go on with
  guard::Admission::Ticket ticket;
  DeflateAgreement deflate;
  std::unique_ptr<Arrival> arrival = nullptr;  // set: the session comes from another node
};

}  // namespace microframe::ws
