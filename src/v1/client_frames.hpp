// The text frames that a client of microframe.v1 sends, written (docs/protocol.md). Each returns a
// frame's whole text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "microframe/json.hpp"
#include "v1/client_frame.hpp"

namespace microframe::v1::client {

// data: JSON text, taken as it is. id: 0 for none. of: an Origin as it is written, "" for none.
std::string message(std::uint64_t id, std::string_view data, std::string_view of = {});
// data: nullptr where the handler returned nothing.
std::string ack(std::uint64_t id, const Json* data);
std::string error(std::uint64_t id, std::string_view code, std::string_view text);

struct Join {
  Join() = default;

  std::string_view room;
  std::uint64_t id = 0;
  const Since* since = nullptr;  // nullptr: none
  std::uint64_t last = 0;        // 0: none
};
std::string join(const Join& join);
std::string leave(std::uint64_t id, std::string_view room);
std::string refresh(std::uint64_t id, std::string_view token);
std::string received(std::uint64_t count);
std::string ping();

}  // namespace microframe::v1::client
