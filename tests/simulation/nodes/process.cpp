#include "simulation/nodes/process.hpp"

#include <chrono>

namespace microframe::simulation::nodes {
namespace {

cluster::Node::Settings settings(const std::string& name, std::uint64_t incarnation) {
  cluster::Node::Settings result;
  result.name = name;
  result.incarnation = incarnation;
  result.offline_delay = std::chrono::seconds(1);
  return result;
}

}  // namespace

Process::Process(Scene& scene, std::size_t place, std::uint64_t incarnation)
    : scene_(scene),
      place_(place),
      name_("n" + std::to_string(place)),
      incarnation_(incarnation),
      trouble_ms_(scene.agenda.now_ms()),
      timeline_(scene.agenda),
      broker_(scene, timeline_),
      loops_(make_loops(1 + scene.random.below(2), *this)),
      house_(scene),
      inbound_(house_),
      node_(broker_, timeline_, *this, settings(name_, incarnation)),
      site_(node_.add_site(kEndpoint, inbound_)),
      hub_(ports(), hub::HubLimits(), &house_, &site_),
      everywhere_(hub_, &site_, incarnation << 32) {
  inbound_.begin(hub_);
  inbound_.read_letters(
      [this](std::string_view, std::string_view bytes) { scene_.read_letter(bytes); });
  node_.start();
}

std::vector<std::unique_ptr<SimLoop>> Process::make_loops(std::size_t count, Preempt& preempt) {
  std::vector<std::unique_ptr<SimLoop>> made(count);
  for (auto& loop : made) loop = std::make_unique<SimLoop>(preempt);
  return made;
}

std::vector<hub::LoopPort*> Process::ports() const {
  std::vector<hub::LoopPort*> result;
  for (const auto& loop : loops_) result.push_back(loop.get());
  return result;
}

void Process::started() {
  scene_.trace([&] { return name_ + " is open"; });
  if (life_ == Life::starting) life_ = Life::open;
  trouble_ms_ = scene_.agenda.now_ms();
}

void Process::refused(const std::string& why) {
  require(false, [&] { return name_ + " is refused: " + why; });
}

void Process::user_online(std::string_view, const std::string& user) {
  scene_.trace([&] { return name_ + " says that " + user + " is online"; });
  scene_.online.told(user, true);
}

void Process::user_offline(std::string_view, const std::string& user) {
  scene_.trace([&] { return name_ + " says that " + user + " is offline"; });
  scene_.online.told(user, false);
}

void Process::note_trouble() {
  trouble_ms_ = scene_.agenda.now_ms();
  scene_.annals.excuse_node(place_);
}

void Process::stall() {
  scene_.trace([&] { return name_ + " stalls"; });
  timeline_.stall();
}

void Process::go_on() {
  if (!is_stalled()) return;
  scene_.trace([&] { return name_ + " goes on"; });
  timeline_.go_on();
  trouble_ms_ = scene_.agenda.now_ms();
}

void Process::connect() {
  broker_.connect();
  trouble_ms_ = scene_.agenda.now_ms();
}

void Process::leave() {
  life_ = Life::leaving;
  node_.leave([this] { life_ = Life::over; });
}

void Process::die() {
  note_trouble();
  life_ = Life::over;
  node_.stop();
}

}  // namespace microframe::simulation::nodes
