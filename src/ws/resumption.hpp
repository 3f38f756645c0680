// Resumption: a stream whose handshake has been accepted, on its way to the session it goes on with,
// which may live on another loop. Its answer has not been sent. Threading: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/socket.hpp"
#include "net/tls_session.hpp"
#include "ws/departure.hpp"
#include "ws/opening.hpp"

namespace microframe::ws {

struct Resumption {
  net::Socket::Stream stream;
  Opening opening;
  std::string accept;            // the handshake's answer
  std::uint64_t received = 0;    // frames, as the client counts
  std::uint64_t attempt = 0;     // to resume, as the client counts; 0: it does not count
  std::vector<std::byte> early;  // what came after the request
  // Set where the client has come to another node, which asks for the session: there is no stream.
  std::unique_ptr<Departure> departure;
};

}  // namespace microframe::ws
