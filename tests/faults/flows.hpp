// Flows: what peers do with a server. Each flow is short, and is played with a fault at each of
// its points.
#pragma once

#include <span>

#include "faults/stage.hpp"

namespace test {

struct Flow {
  const char* name;
  // Plays the flow to its end, or throws Ended if the stream ends before.
  void (*play)(const Stage& stage);
  bool slow = false;  // waits for the clock, so that only few faults are played
};

std::span<const Flow> flows();
// The flows of clients that speak microframe.v1.
std::span<const Flow> session_flows();

}  // namespace test
