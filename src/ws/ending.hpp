// Ending: how a stream comes to its end, as its owner is told before the peer is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "guard/rejection.hpp"
#include "microframe/ws/disconnect.hpp"
#include "proto/close_code.hpp"

namespace microframe::ws {

struct Ending {
  enum class How : std::uint8_t {
    ours,    // our Close goes out; the peer's is awaited
    peers,   // the peer's Close has come; ours answers it
    failed,  // the peer broke the protocol; our Close goes out and the stream is finished
    moved,   // its client has come by another stream: our Close goes out, and the socket is closed
    lost,    // nobody says anything any more
  };

  DisconnectReason to_reason() const {
    return {cause, static_cast<std::uint16_t>(code), std::string(reason)};
  }

  How how;
  DisconnectCause cause;
  proto::CloseCode code;
  std::string_view reason;  // of the Close; good while the owner is being told
  // What the end counts as among the refusals, and what the log says of it.
  std::optional<guard::Rejection> rejection = std::nullopt;
  std::string_view detail = {};
};

}  // namespace microframe::ws
