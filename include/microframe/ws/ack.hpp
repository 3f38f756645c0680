// AckStatus and Ack: what became of a message that the client must acknowledge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/json.hpp"
#include "microframe/ws/websocket.hpp"

namespace microframe::ws {

enum class AckStatus : std::uint8_t {
  acknowledged,   // the client's handler has ended
  failed,         // the client's handler failed: the data is {"code", "message"}
  timed_out,      // no answer came in time; the message may still be handled
  disconnected,   // the session has ended, or there was none
  not_supported,  // a client without microframe.v1: the message was sent, but is never answered
};

// The status's name, as in logs: "timed_out".
std::string_view to_string(AckStatus status);

// The answer of one device.
struct Ack {
  Ack(const WebSocket& whose, AckStatus what, Json reply = {})
      : device(std::to_string(whose.id())), socket(whose), status(what), data(std::move(reply)) {}
  Ack(std::string elsewhere, AckStatus what, Json reply = {})
      : device(std::move(elsewhere)), status(what), data(std::move(reply)) {}

  std::string device;  // WebSocket::id() as text; "": all devices of a node that has not answered
  std::optional<WebSocket> socket;  // the device; nullopt: it is connected to another node
  AckStatus status;
  Json data;  // the client's reply; null if there was none
};

}  // namespace microframe::ws
