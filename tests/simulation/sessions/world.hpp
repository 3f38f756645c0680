// World: one run of the simulation of sessions and of rooms that keep their messages or tell who is
// in them: devices, network, clock and the loops of one server, all in one thread, in an order that
// follows from the seed alone. hub, v1 and ws::Life are the real ones; WebSocket frames and tokens
// have a world of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/sessions/device.hpp"
#include "simulation/sessions/onlooker.hpp"
#include "simulation/sessions/scene.hpp"
#include "simulation/sessions/server.hpp"

namespace microframe::simulation::sessions {

class World {
 public:
  World(std::uint64_t seed, bool traced);

  // errors: Violation.
  void run();

 private:
  void step();
  bool arrive_somewhere();
  bool run_a_loop();
  bool work_off();
  void disturb_network();
  void act_as_server();
  void pass_time(std::uint64_t ms);
  void heal_network();
  void settle();
  void end_everybody();

  void check_at_rest() const;
  void check_ended();
  Device& some_device() { return *scene_.random.pick(devices_); }

  Scene scene_;
  Server server_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<base::Ref<Onlooker>> onlookers_;
  std::vector<base::Ref<Link>> links_;  // that something may still arrive on
};

}  // namespace microframe::simulation::sessions
