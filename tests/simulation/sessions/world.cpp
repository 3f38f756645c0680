#include "simulation/sessions/world.hpp"

#include <algorithm>

#include "simulation/sessions/rest.hpp"
#include "support/sweep.hpp"

namespace microframe::simulation::sessions {
namespace {

const char* const kUsers[] = {"ann", "bea", "cid"};

}  // namespace

World::World(std::uint64_t seed, bool traced) : scene_(seed, traced), server_(scene_) {
  const std::size_t devices = 2 + scene_.random.below(3);
  for (std::size_t i = 0; i < devices; ++i)
    devices_.push_back(std::make_unique<Device>(scene_, static_cast<unsigned>(i + 1),
                                                kUsers[scene_.random.below(3)]));
  if (scene_.random.percent(50)) {
    onlookers_.emplace_back(new Onlooker(scene_, "eve", scene_.random.below(scene_.loops.size())));
    scene_.loops[onlookers_.back()->loop()]->on([&] { scene_.hub.add(*onlookers_.back()); });
  }
}

void World::run() {
  for (const auto& device : devices_) device->connect();
  const std::size_t steps = 150 + scene_.random.below(450);
  for (std::size_t i = 0; i < steps; ++i) step();
  settle();
  check_at_rest();
  end_everybody();
  check_ended();
}

void World::step() {
  Random& random = scene_.random;
  const std::size_t what = random.below(100);
  if (what < 42) {
    arrive_somewhere();
  } else if (what < 62) {
    some_device().act();
  } else if (what < 84) {
    run_a_loop();
  } else if (what < 89) {
    pass_time(random.percent(12) ? 1000 + random.below(40'000) : 1 + random.below(900));
  } else if (what < 94) {
    act_as_server();
  } else if (what < 96) {
    disturb_network();
  } else if (!onlookers_.empty()) {
    random.pick(onlookers_)->come_or_go(House::rooms()[random.below(4)]);
  }
}

// --- what happens ---

// Something under way, either way, of some link.
bool World::arrive_somewhere() {
  for (const auto& device : devices_) {
    Link* link = device->link();
    const auto known = [&](const base::Ref<Link>& one) { return one.get() == link; };
    if (link && std::none_of(links_.begin(), links_.end(), known)) links_.emplace_back(link);
  }
  const auto is_current = [&](const Link& link) {
    return std::any_of(devices_.begin(), devices_.end(),
                       [&](const auto& device) { return device->link() == &link; });
  };
  std::erase_if(links_, [&](const base::Ref<Link>& link) {
    return !link->up_waiting() && !link->host && !link->held && !is_current(*link);
  });
  if (links_.empty()) return false;
  const std::size_t from = scene_.random.below(links_.size());
  const bool up_first = scene_.random.percent(50);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const base::Ref<Link> link = links_[(from + i) % links_.size()];
    if (link->up_waiting() && (up_first || !link->down_waiting())) {
      server_.arrive(*link);
      return true;
    }
    if (!link->down_waiting()) continue;
    for (const auto& device : devices_) {
      if (device->link() != link.get()) continue;
      device->arrive();
      return true;
    }
  }
  return false;
}

bool World::run_a_loop() {
  const std::size_t from = scene_.random.below(scene_.loops.size());
  for (std::size_t i = 0; i < scene_.loops.size(); ++i) {
    SimLoop& loop = *scene_.loops[(from + i) % scene_.loops.size()];
    if (!loop.waiting()) continue;
    loop.run_one(scene_.random);
    return true;
  }
  return false;
}

void World::disturb_network() {
  if (links_.empty()) return;
  Random& random = scene_.random;
  Link& link = *random.pick(links_);
  scene_.trace([] { return std::string("the network fails"); });
  if (link.is_stalled() || random.percent(70)) return link.cut();
  link.stall();
}

void World::act_as_server() {
  Random& random = scene_.random;
  const std::string& room = House::rooms()[random.below(4)];
  const std::size_t what = random.below(10);
  const std::string user = kUsers[random.below(3)];
  const bool anyone = !server_.hosts().empty();
  Host* host = anyone ? random.pick(server_.hosts()).get() : nullptr;
  if (what < 4) {
    Annals::Entry entry;
    entry.room = room;
    if (random.percent(20)) entry.not_user = user;
    scene_.publish(std::move(entry), random.percent(30) ? host : nullptr);
  } else if (what < 5) {
    scene_.hub.join_user(user, room);
  } else if (what < 6) {
    scene_.hub.leave_user(user, room);
  } else if (what < 7) {
    test::sweep(scene_.hub);
  } else if (host && what < 9) {
    host->request_answer();
  } else if (host && random.percent(30)) {
    static constexpr std::uint16_t kCodes[] = {1012, 1012, 1011, 1001, 4408, 4401, 4409, 1000};
    host->request_close(random.pick(kCodes));
  }
}

void World::pass_time(std::uint64_t ms) {
  scene_.now_ms += ms;
  for (const auto& loop : scene_.loops) loop->advance(scene_.now_ms);
  for (const auto& host : server_.hosts())
    scene_.loops[host->loop()]->on([&] { host->give_up_asks(); });
  for (const auto& device : devices_) device->check_deadline();
}

// --- the end ---

// What is under way arrives, and what was posted runs.
// returns: whether there was anything.
bool World::work_off() {
  bool any = false;
  while (arrive_somewhere() || run_a_loop()) any = true;
  return any;
}

void World::heal_network() {
  for (const auto& link : links_) {
    if (link->is_stalled()) link->cut();
  }
}

// Everybody comes back who may, and all that is owed is done.
void World::settle() {
  constexpr int kRounds = 300;
  constexpr int kQuietRounds = 4;
  int quiet = 0;
  for (int round = 0; round < kRounds; ++round) {
    heal_network();
    bool busy = work_off();
    for (const auto& device : devices_) {
      busy = device->give_what_is_owed() || busy;
      busy = busy || !(device->is_online() || device->is_over());
    }
    quiet = busy ? 0 : quiet + 1;
    if (quiet == kQuietRounds) return;
    pass_time(busy ? 2'500 : 400);
  }
}

void World::end_everybody() {
  for (const auto& device : devices_) device->close();
  for (const auto& onlooker : onlookers_) {
    scene_.loops[onlooker->loop()]->on([&] {
      scene_.hub.begin_leave(*onlooker);
      scene_.hub.remove(*onlooker);
    });
  }
  for (int i = 0; i < 4; ++i) {
    settle();
    pass_time(kSessionTtlMs);
  }
  settle();
  test::sweep(scene_.hub);
}

// --- what holds then ---

void World::check_at_rest() const {
  for (const auto& device : devices_) {
    require(device->is_online() || device->is_over(),
            [&] { return device->name() + " is still on its way"; });
    if (!device->is_online()) continue;
    device->check_at_rest();
    check_presence(scene_, server_, *device);
  }
  for (const auto& onlooker : onlookers_) onlooker->check_complete();
  for (const std::string& room : House::rooms()) check_history(scene_, room);
}

void World::check_ended() {
  for (const auto& loop : scene_.loops)
    require(!loop->waiting(), [] { return "a loop is not at rest"; });
  for (const auto& device : devices_)
    require(device->is_over(), [&] { return device->name() + " never ended"; });
  for (const auto& host : server_.hosts()) host->check_ended();
  scene_.ledger.check_settled();
  check_empty(scene_);
}

}  // namespace microframe::simulation::sessions
