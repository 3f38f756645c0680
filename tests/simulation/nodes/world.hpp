// World: one run of the simulation of several nodes: their hubs, directories and logs, the broker
// between them, users' devices and the time, all in one thread, in an order that follows from the seed
// alone. hub and cluster are the real ones; sessions and sockets have worlds of their own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "simulation/nodes/client.hpp"
#include "simulation/nodes/press.hpp"
#include "simulation/nodes/process.hpp"
#include "simulation/nodes/scene.hpp"
#include "simulation/nodes/weather.hpp"

namespace microframe::simulation::nodes {

class World {
 public:
  World(std::uint64_t seed, bool traced);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // errors: Violation.
  void run();

 private:
  static constexpr std::size_t kProcessesMax = 3;

  void step();
  void act_as_client();
  void act_as_application();
  void disturb();
  void break_connections(Process& process);
  void break_broker();
  void lose_all();
  void start(std::size_t place);
  void stop(Process& process);
  void kill(Process& process);
  void stall(Process& process);
  void note_trouble(Process& process);
  void heal();
  void end_everybody();

  // A letter between nodes about a session that moves.
  void deliver(std::string_view letter);
  void pass(std::uint64_t ms);
  SimLoop* some_waiting_loop();
  // nullptr: none is as it should be.
  Process* some_process(bool is_open);
  template <class Visit>
  void for_each_process(Visit&& visit);

  Scene scene_;
  const Weather weather_;
  // In one block, in order, because a bus tells its lines by the order of their addresses.
  std::array<std::optional<Process>, kProcessesMax> processes_;
  std::size_t count_;
  Press::Clients clients_;
  Press press_;
  std::uint64_t incarnations_ = 0;
  std::uint64_t died_ms_ = 0;  // the last of them
  // Of each place, the place and the incarnation of a node that knew the last one there, which is gone.
  struct Witness {
    std::size_t place = 0;
    std::uint64_t incarnation = 0;  // 0: there was none
  };
  std::array<Witness, kProcessesMax> witnesses_;
  void note_witness(const Process& gone);
  bool may_stay_away(std::size_t place) const;
};

}  // namespace microframe::simulation::nodes
