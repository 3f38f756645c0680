// World: one run of the simulation: clients, network, clock and the loops of one server process,
// all in one thread, in an order that follows from the seed alone. proto, authx and hub are the
// real ones.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/scene.hpp"
#include "simulation/session.hpp"
#include "simulation/sim_loop.hpp"

namespace microframe::simulation {

class World final : private Preempt {
 public:
  World(std::uint64_t seed, bool traced);

  // errors: Violation.
  void run();

 private:
  void meanwhile() override;
  bool step_on_another_loop();
  void step();
  void connect();
  void act_outside();
  void pass_time(std::uint64_t ms);
  void settle();
  bool arrive_somewhere();
  void end_everybody();

  Scene scene_;
  std::vector<std::unique_ptr<Session>> sessions_;
  unsigned next_id_ = 1;
  unsigned outside_number_ = 0;
  bool outside_busy_ = false;
};

}  // namespace microframe::simulation
