// The text frames that a server of microframe.v1 sends, written (docs/protocol.md). Each returns a
// frame's whole text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "microframe/json.hpp"

namespace microframe::v1 {

struct Welcome {
  Welcome() = default;

  std::string_view session;
  std::string_view secret;
  std::string_view user;
  bool resumed = false;
  bool inherits = false;  // told only where it is so
  std::uint64_t handled = 0;
  std::uint64_t ttl_ms = 0;
  std::uint64_t ping_ms = 0;
  std::size_t message_bytes_max = 0;  // 0: it is not told
};
std::string welcome(const Welcome& welcome);

// What a message belongs to, if it belongs to anything.
struct MessagePlace {
  MessagePlace() = default;

  std::string_view room;                // "": none
  std::optional<std::uint64_t> offset;  // in a room that keeps its messages
  std::uint64_t id = 0;                 // of a message that the client must acknowledge
};
// data: JSON text, taken as it is.
std::string message(const MessagePlace& place, std::string_view data);
// Writes another offset over the one in `text`, which message() made for a place with an offset.
// returns: false where the new offset has another number of digits; the text is as it was.
bool renumber_message(base::MutableBytes text, std::uint64_t offset);

// data: nullptr where the hook returned nothing.
std::string ack(std::uint64_t id, const Json* data);
// id: 0 for none. text: UTF-8.
std::string error(std::uint64_t id, std::string_view code, std::string_view text);

struct Joined {
  Joined() = default;

  std::string_view room;
  std::uint64_t id = 0;    // 0: the server's own doing
  std::string_view epoch;  // "": the room keeps nothing
  std::uint64_t offset = 0;
  std::optional<bool> recovered;
  const Json* presence = nullptr;  // an object; nullptr: the room has none
};
std::string joined(const Joined& joined);
std::string left(std::string_view room, std::uint64_t id);
// joins, leaves: objects, with an array of devices per user.
std::string presence(std::string_view room, const Json& joins, const Json& leaves);
std::string pong();

struct Bye {
  Bye() = default;

  std::uint16_t code = 1000;
  std::string_view reason;
  bool reconnect = false;
  std::uint64_t retry_ms = 0;
};
std::string bye(const Bye& bye);

// Application text as the `data` of a message: an object or an array as it is, anything else as a
// string.
std::string data_of(std::string_view content);
// The other way: what a hook for raw messages is given.
std::string content_of(const Json& data);

}  // namespace microframe::v1
