// Parcel: a message as it travels to other nodes: what the application has said, and whom it is not
// for. Each node makes its own frames of it. Views: good as long as their owner says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/shedding.hpp"

namespace microframe::hub {

struct Parcel {
  Parcel() = default;

  enum class Kind : std::uint8_t { text, json, binary };

  std::uint64_t id = 0;  // that of no other message, on any node; 0: it has none
  Kind kind = Kind::text;
  base::Shedding shedding;
  std::vector<std::string_view> hidden_from;  // users
  std::string_view hidden_session;            // "": none
  std::string_view content;                   // unless binary, UTF-8, as a plain client is sent it
};

}  // namespace microframe::hub
