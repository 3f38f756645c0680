// AckStatus and Ack: what came of a message that was to be acknowledged.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "microframe/json.hpp"
#include "microframe/ws/websocket.hpp"

namespace microframe::ws {

enum class AckStatus : std::uint8_t {
  acknowledged,   // the client's handlers have ended
  failed,         // they failed: the data is {"code", "message"}
  timed_out,      // no answer in time; it may still be handled
  disconnected,   // the session has ended, or was not there
  not_supported,  // a client without microframe.v1: it was sent the message, and cannot say more
};

// The status's name, as in logs: "timed_out".
std::string_view to_string(AckStatus status);

// Of one device.
struct Ack {
  Ack(const WebSocket& whose, AckStatus what, Json reply = {})
      : device(whose), status(what), data(std::move(reply)) {}

  WebSocket device;
  AckStatus status;
  Json data;  // what the client replied; null where it did not
};

}  // namespace microframe::ws
