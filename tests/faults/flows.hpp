// Flows: what peers do with a server, each short, each to be played with a fault at every point of
// it.
#pragma once

#include <span>

#include "faults/stage.hpp"

namespace test {

struct Flow {
  const char* name;
  // Plays to its end, or throws Ended where the stream ends before.
  void (*play)(const Stage& stage);
  bool slow = false;  // waits for the clock, so that few faults must do
};

std::span<const Flow> flows();
// Of clients that speak microframe.v1.
std::span<const Flow> session_flows();

}  // namespace test
