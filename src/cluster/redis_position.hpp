// The position of an entry in the id that its stream gives it: "<epoch>-<offset>". Pure.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

#include "hub/broker.hpp"

namespace microframe::cluster {

// nullopt: it is none.
inline std::optional<hub::Broker::Position> read_position(std::string_view id) {
  hub::Broker::Position position;
  const char* const end = id.data() + id.size();
  const auto epoch = std::from_chars(id.data(), id.data() + id.size(), position.epoch);
  if (epoch.ec != std::errc{} || epoch.ptr == end || *epoch.ptr != '-') return std::nullopt;
  const auto offset = std::from_chars(epoch.ptr + 1, end, position.offset);
  if (offset.ec != std::errc{} || offset.ptr != end) return std::nullopt;
  return position;
}

}  // namespace microframe::cluster
