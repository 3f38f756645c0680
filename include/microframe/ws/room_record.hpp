// RoomMessage and RoomDevice: what a room keeps and tells, as ChatBase returns it. Values that
// own what they show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/json.hpp"

namespace microframe::ws {

// A message that a room has kept.
struct RoomMessage {
  RoomMessage(std::uint64_t number, bool binary, std::string_view bytes)
      : offset(number), is_binary(binary), content(bytes) {}

  std::uint64_t offset;  // the message's number in the room, from 1, within the room's epoch
  bool is_binary;
  std::string content;  // text in UTF-8 (usually JSON), or bytes
};

// A device in a room.
struct RoomDevice {
  RoomDevice(std::string whose, std::string name, Json said)
      : user(std::move(whose)), device(std::move(name)), meta(std::move(said)) {}

  std::string user;
  std::string device;  // WebSocket::id() as text
  Json meta;           // what set_presence() set; {} before
};

}  // namespace microframe::ws
