#include "simulation/nodes/world.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/wire.hpp"
#include "cluster/names.hpp"
#include "simulation/nodes/rest.hpp"
#include "simulation/nodes/rooms.hpp"

namespace microframe::simulation::nodes {
namespace {

const char* const kUsers[] = {"ann", "bea", "cid"};
// Nodes that have been whole so long know each other's users.
constexpr std::uint64_t kWitnessMs = 5'000;
// What is known and heard everywhere, once all is whole, is so by then.
constexpr std::uint64_t kHealedMs = 9'000;
// The same of who is online, where nodes have died: leases end, and others see to it.
constexpr std::uint64_t kSettledMs = 36'000;

}  // namespace

World::World(std::uint64_t seed, bool traced)
    : scene_(seed, traced),
      weather_(scene_.random),
      count_(scene_.random.percent(65) ? 2 : 3),
      press_(scene_, clients_) {
  scene_.is_calm = weather_.is_calm;
  if (scene_.is_calm) scene_.slow_ms = 40;
  scene_.read_letter = [this](std::string_view bytes) { deliver(bytes); };
  base::log::set_level(base::log::Level::off);
  const std::size_t clients = 3 + scene_.random.below(3);
  for (std::size_t i = 0; i < clients; ++i)
    clients_.push_back(std::make_unique<Client>(scene_, press_, i, scene_.random.pick(kUsers)));
}

World::~World() {
  for (const auto& client : clients_) client->lose();
  for (auto& process : processes_) process.reset();
}

void World::run() {
  for (std::size_t i = 0; i < count_; ++i) start(i);
  pass(scene_.random.below(1'000));
  const std::size_t steps = 60 + scene_.random.below(80);
  for (std::size_t i = 0; i < steps; ++i) step();
  heal();
  check_at_rest(scene_, clients_, {processes_.data(), count_});
  end_everybody();
}

void World::step() {
  Random& random = scene_.random;
  const std::size_t what = random.below(100);
  if (what < 70) {
    act_as_client();
  } else if (what < 90) {
    act_as_application();
  } else {
    disturb();
  }
  const std::size_t time = random.below(100);
  if (time < 25) return;
  if (time < 70) return pass(random.below(4));
  if (time < 90) return pass(random.below(60));
  pass(random.below(time < 97 ? 500 : 3'000));
}

// --- time ---

template <class Visit>
void World::for_each_process(Visit&& visit) {
  for (auto& process : processes_)
    if (process) visit(*process);
}

SimLoop* World::some_waiting_loop() {
  std::array<SimLoop*, 2 * kProcessesMax> waiting{};
  std::size_t count = 0;
  for_each_process([&](Process& process) {
    if (process.is_stalled()) return;
    for (const auto& loop : process.loops())
      if (loop->waiting()) waiting[count++] = loop.get();
  });
  return count == 0 ? nullptr : waiting[scene_.random.below(count)];
}

void World::pass(std::uint64_t ms) {
  const std::uint64_t until_ms = scene_.agenda.now_ms() + ms;
  bool is_more = true;
  while (true) {
    SimLoop* const loop = some_waiting_loop();
    if (loop && (!is_more || scene_.random.percent(80))) {
      loop->run_one(scene_.random);
      is_more = true;
      continue;
    }
    is_more = scene_.agenda.run_one(until_ms);
    if (!is_more && (!loop || scene_.random.percent(20))) break;
  }
  for (auto& process : processes_)
    if (process && process->is_over()) process.reset();
  scene_.chronicle.check();
}

Process* World::some_process(bool is_open) {
  std::array<Process*, kProcessesMax> found{};
  std::size_t count = 0;
  for_each_process([&](Process& process) {
    if (!is_open || (process.is_open() && !process.is_stalled())) found[count++] = &process;
  });
  return count == 0 ? nullptr : found[scene_.random.below(count)];
}

void World::deliver(std::string_view letter) {
  base::WireReader reader(letter);
  const std::uint64_t number = reader.number();
  const std::string_view word = reader.text();
  for (const auto& client : clients_)
    if (Passage* const passage = client->passage(number)) return passage->letter(word);
}

// --- what happens ---

void World::act_as_client() {
  Client& client = *scene_.random.pick(clients_);
  Process* const other = scene_.random.percent(12) ? some_process(true) : nullptr;
  if (client.visit() && other) return client.move(*other);
  if (client.visit()) return client.act();
  if (Process* const process = some_process(true)) client.come(*process);
}

void World::act_as_application() {
  Random& random = scene_.random;
  Process* const process = some_process(true);
  if (!process) return;
  const std::size_t what = random.below(10);
  if (what < 6) return press_.say(*process);
  const std::string user = random.pick(kUsers);
  const std::string& room = random.pick(rooms());
  // What the application does with a user whose session is between two nodes may get lost.
  const auto moves = [&](const auto& client) {
    return client->is_moving() && client->user() == user;
  };
  if (what < 9 && std::any_of(clients_.begin(), clients_.end(), moves)) return;
  for (const auto& client : clients_)
    if (client->user() == user) client->stay_a_while();
  const auto act = [&] {
    hub::Everywhere& everywhere = process->everywhere();
    if (what < 8) {
      everywhere.join_user(user, room);
    } else if (what < 9) {
      everywhere.leave_user(user, room);
    } else {
      everywhere.disconnect(user, "gone");
    }
  };
  scene_.trace([&] {
    return process->name() +
           (what < 8   ? " joins "
            : what < 9 ? " takes out "
                       : " disconnects ") +
           user + " " + room;
  });
  if (random.percent(50)) return SimLoop::outside(act);
  random.pick(process->loops())->on(act);
}

void World::disturb() {
  Random& random = scene_.random;
  Process* const process = some_process(false);
  const std::size_t what = random.below(12);
  if (!process) return start(random.below(count_));
  if (what < 4 && weather_.breaks) return break_connections(*process);
  if (what < 6 && weather_.stalls)
    return process->is_stalled() ? process->go_on() : stall(*process);
  if (what == 6 && weather_.kills) return kill(*process);
  if (what == 7 && weather_.stops) return stop(*process);
  if (what < 10) return break_broker();
  const std::size_t place = random.below(count_);
  if (!processes_[place]) start(place);
}

// What is under way to a session that moves may be lost on either side.
void World::note_trouble(Process& process) {
  process.note_trouble();
  for (const auto& client : clients_)
    if (client->is_moving() && client->is_at(process))
      scene_.annals.excuse_client(client->number(), {});
}

void World::stall(Process& process) {
  note_trouble(process);
  process.stall();
}

void World::break_connections(Process& process) {
  const bool was_whole = process.broker().is_whole();
  scene_.trace(
      [&] { return process.name() + (was_whole ? " loses its broker" : " has its broker"); });
  note_trouble(process);
  if (!was_whole) return process.connect();
  if (scene_.random.percent(50)) return process.broker().interrupt();
  process.broker().lose();
}

void World::lose_all() {
  for_each_process([this](Process& process) {
    note_trouble(process);
    process.broker().lose();
  });
}

// A master dies that a replica has not kept up with: nobody can reach it meanwhile. What is kept may
// also be gone though the broker is there.
void World::break_broker() {
  Random& random = scene_.random;
  const std::string log = cluster::room_log(kEndpoint, random.pick(rooms()));
  if (weather_.forks && random.percent(50)) {
    lose_all();
    const std::size_t count = 1 + random.below(3);
    scene_.trace([&] { return log + " loses its last " + std::to_string(count); });
    scene_.bus.roll_back(log, count);
    scene_.chronicle.rolled_back(log, scene_.agenda.now_ms());
  } else if (weather_.forgets) {
    if (random.percent(70)) lose_all();
    const bool all = random.percent(50);
    scene_.trace([&] { return "the broker forgets " + (all ? std::string("all") : log); });
    if (all) {
      scene_.bus.forget();
      scene_.online.doubt_all();
    } else {
      scene_.bus.forget(log);
    }
    for (const std::string& room : rooms())
      scene_.chronicle.rolled_back(cluster::room_log(kEndpoint, room), scene_.agenda.now_ms());
  } else if (weather_.breaks) {
    scene_.trace([] { return std::string("the broker is away"); });
    lose_all();
  } else {
    return;
  }
  if (random.percent(30)) return;
  pass(random.below(100));
  for_each_process([](Process& process) { process.connect(); });
}

// --- nodes ---

void World::start(std::size_t place) {
  if (processes_[place]) return;
  scene_.trace([&] { return "n" + std::to_string(place) + " starts"; });
  processes_[place].emplace(scene_, place, ++incarnations_);
}

// Who knows of a node's users sees to them when it is gone.
void World::note_witness(const Process& gone) {
  witnesses_[gone.place()] = {};
  for_each_process([&](Process& other) {
    const std::uint64_t trouble_ms = std::max(other.trouble_ms(), gone.trouble_ms());
    const bool knows = &other != &gone && other.is_open() && other.hears() && gone.hears() &&
                       trouble_ms + kWitnessMs <= scene_.agenda.now_ms();
    if (knows) witnesses_[gone.place()] = {other.place(), other.incarnation()};
  });
}

bool World::may_stay_away(std::size_t place) const {
  const Witness& witness = witnesses_[place];
  const auto& there = processes_[witness.place];
  return there && there->incarnation() == witness.incarnation;
}

void World::stop(Process& process) {
  if (!process.is_open() || process.is_stalled()) return;
  scene_.trace([&] { return process.name() + " stops"; });
  for (const auto& client : clients_)
    if (client->is_at(process)) client->lose();
  note_witness(process);
  died_ms_ = scene_.agenda.now_ms();
  process.leave();
}

void World::kill(Process& process) {
  scene_.trace([&] { return process.name() + " is killed"; });
  died_ms_ = scene_.agenda.now_ms();
  note_witness(process);
  process.die();
  for (const auto& client : clients_)
    if (client->is_at(process)) client->lose();
  processes_[process.place()].reset();
}

// --- the end ---

void World::heal() {
  scene_.trace([] { return std::string("all is healed"); });
  const auto make_whole = [](Process& process) {
    process.go_on();
    process.connect();
  };
  for_each_process(make_whole);
  const auto leaves = [](const auto& process) {
    return process && (process->is_leaving() || process->is_over());
  };
  while (std::any_of(processes_.begin(), processes_.end(), leaves)) pass(100);
  for (std::size_t i = 0; i < count_; ++i)
    if (!may_stay_away(i) || scene_.random.percent(50)) start(i);
  pass(200);
  for (const auto& client : clients_) client->send_again();
  pass(died_ms_ != 0 ? kSettledMs : kHealedMs);
}

void World::end_everybody() {
  for (const auto& client : clients_) client->go();
  pass(3'000);
  check_empty(scene_, {processes_.data(), count_});
}

}  // namespace microframe::simulation::nodes
