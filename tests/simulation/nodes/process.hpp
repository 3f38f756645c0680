// Process: a simulated node with all that it has: hub, loops, the node itself and its broker. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/node.hpp"
#include "cluster/node_events.hpp"
#include "hub/everywhere.hpp"
#include "hub/hub.hpp"
#include "hub/inbound.hpp"
#include "simulation/nodes/house.hpp"
#include "simulation/nodes/scene.hpp"
#include "simulation/nodes/sim_broker.hpp"
#include "simulation/nodes/sim_timeline.hpp"
#include "simulation/sim_loop.hpp"

namespace microframe::simulation::nodes {

class Process final : private cluster::NodeEvents, private Preempt {
 public:
  // scene: outlives it. place: its own among all nodes, which gives it its name.
  Process(Scene& scene, std::size_t place, std::uint64_t incarnation);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  std::size_t place() const { return place_; }
  const std::string& name() const { return name_; }
  std::uint64_t incarnation() const { return incarnation_; }
  // Whether clients may come.
  bool is_open() const { return life_ == Life::open; }
  bool is_leaving() const { return life_ == Life::leaving; }
  bool is_over() const { return life_ == Life::over; }

  SimBroker& broker() { return broker_; }
  hub::Hub& hub() { return hub_; }
  void when_known(std::function<void()> told) { site_.when_known(std::move(told)); }
  void send_letter(std::string_view node, std::string_view bytes) { site_.letter(node, bytes); }
  hub::Everywhere& everywhere() { return everywhere_; }
  const cluster::Node& node() const { return node_; }
  std::vector<std::unique_ptr<SimLoop>>& loops() { return loops_; }

  // --- what happens to it
  // The whole process stands still, and goes on.
  void stall();
  void go_on();
  bool is_stalled() const { return timeline_.is_stalled(); }
  // It has its broker back.
  void connect();
  // It says good-bye, after the last client has gone; is_over() some time later.
  void leave();
  // Nothing more comes from it, or to it.
  void die();

  // Messages may be lost between here and elsewhere.
  void note_trouble();
  std::uint64_t trouble_ms() const { return trouble_ms_; }
  // Whether what is sent elsewhere comes here.
  bool hears() const { return broker_.is_whole() && !is_stalled(); }

 private:
  enum class Life : unsigned char { starting, open, leaving, over };

  // cluster::NodeEvents
  void started() override;
  void refused(const std::string& why) override;
  void user_online(std::string_view endpoint, const std::string& user) override;
  void user_offline(std::string_view endpoint, const std::string& user) override;
  // Preempt
  void meanwhile() override {}

  static std::vector<std::unique_ptr<SimLoop>> make_loops(std::size_t count, Preempt& preempt);
  std::vector<hub::LoopPort*> ports() const;

  Scene& scene_;
  const std::size_t place_;
  const std::string name_;
  const std::uint64_t incarnation_;
  Life life_ = Life::starting;
  std::uint64_t trouble_ms_;
  SimTimeline timeline_;
  SimBroker broker_;
  std::vector<std::unique_ptr<SimLoop>> loops_;
  House house_;
  hub::Inbound inbound_;
  cluster::Node node_;
  cluster::Site& site_;
  hub::Hub hub_;
  hub::Everywhere everywhere_;
};

}  // namespace microframe::simulation::nodes
