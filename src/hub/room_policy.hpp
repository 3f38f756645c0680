// RoomPolicy: what a hub does for the rooms of a name, beyond delivering to them.
#pragma once

#include <chrono>
#include <cstddef>

namespace microframe::hub {

struct RoomPolicy {
  RoomPolicy() = default;

  std::size_t history_max = 0;  // messages kept; 0: none
  std::size_t history_bytes_max = 1024 * 1024;
  std::chrono::milliseconds history_age{0};
  // With other nodes: whether a message counts as kept only when a replica of the broker has it too.
  bool durable = false;
  bool presence = false;
  // How long what is sent may wait for what follows; 0: not at all.
  std::chrono::milliseconds coalesce{0};

  bool keeps_history() const { return history_max != 0; }
  // Whether all its members see all that happens in one order.
  bool is_ordered() const { return keeps_history() || presence; }
};

}  // namespace microframe::hub
