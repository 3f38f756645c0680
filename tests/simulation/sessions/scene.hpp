// Scene: what everybody in one simulated run of sessions shares.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hub/hub.hpp"
#include "simulation/random.hpp"
#include "simulation/sessions/annals.hpp"
#include "simulation/sessions/house.hpp"
#include "simulation/sessions/ledger.hpp"
#include "simulation/sim_loop.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation::sessions {

// Limits of the simulated server, small enough to be met.
inline constexpr std::size_t kSessionFramesMax = 24;
inline constexpr std::size_t kSessionBytesMax = 2000;
inline constexpr std::uint64_t kSessionTtlMs = 30'000;
inline constexpr std::uint64_t kPingMs = 25'000;

class Scene final : private Preempt {
 public:
  Scene(std::uint64_t seed, bool traced);

  // Now if that loop is current, else by a post.
  void run_on(std::size_t loop, std::function<void()> task);
  // A message to a room, told by its number. entry: its room and the user and session that must not
  // see it. not_device: a device that must not see it either.
  void publish(Annals::Entry entry, hub::Member* not_device);

  Random random;
  const Trace trace;
  std::uint64_t now_ms = 0;
  std::vector<std::unique_ptr<SimLoop>> loops;
  House house;
  Annals annals;
  Ledger ledger;
  hub::Hub hub;

 private:
  void meanwhile() override {}
};

}  // namespace microframe::simulation::sessions
