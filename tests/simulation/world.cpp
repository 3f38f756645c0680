#include "simulation/world.hpp"

#include <algorithm>

namespace microframe::simulation {
namespace {

constexpr std::size_t kSessionsMax = 12;
// Longer than any deadline: a token that is not refreshed, a Close that is not answered.
constexpr std::uint64_t kLongMs = 700'000;
// Two ticks of the wheel: how late a deadline may be.
constexpr std::uint64_t kLateMs = 2 * base::TimerWheel::kTickMs;

}  // namespace

World::World(std::uint64_t seed, bool traced) : scene_(seed, traced, *this) {}

void World::run() {
  const std::size_t steps = 200 + scene_.random.below(1000);
  for (std::size_t i = 0; i < steps; ++i) step();
  settle();
  scene_.shadow.check_everything();
  scene_.shadow.check_nothing_owed();
  end_everybody();
  scene_.shadow.check_empty();
  for (const auto& session : sessions_) session->check_ended();
}

void World::step() {
  Random& random = scene_.random;
  const std::size_t what = random.below(100);
  if (what < 6 || sessions_.empty()) return connect();
  if (what < 42) {
    arrive_somewhere();
    return;
  }
  Session& session = *random.pick(sessions_);
  if (what < 72) return session.client().act();
  if (what < 86) {
    step_on_another_loop();
    return;
  }
  if (what < 90) return act_outside();
  if (what < 93) return pass_time(random.percent(20) ? 2000 : 1 + random.below(300));
  if (what < 94 && random.percent(30)) return session.reset();
  if (what < 95) return scene_.shadow.check_everything();
  scene_.shadow.check_something();
}

void World::connect() {
  if (sessions_.size() >= kSessionsMax) return;
  Random& random = scene_.random;
  Pass pass = make_pass(random.pick(scene_.shadow.users()), scene_.now_ms, random);
  sessions_.push_back(std::make_unique<Session>(
      scene_, next_id_++, random.below(scene_.loops.size()), std::move(pass)));
}

// A piece of some stream, or the end of it, comes to where it is going.
bool World::arrive_somewhere() {
  const std::size_t from = scene_.random.below(sessions_.size());
  const bool up_first = scene_.random.percent(50);
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    Session& session = *sessions_[(from + i) % sessions_.size()];
    const bool up = session.up_waiting() && !session.loop().busy();
    if (up && (up_first || !session.down_waiting())) {
      session.arrive_up();
      return true;
    }
    if (session.down_waiting()) {
      session.arrive_down();
      return true;
    }
  }
  return false;
}

bool World::step_on_another_loop() {
  auto& loops = scene_.loops;
  const std::size_t from = scene_.random.below(loops.size());
  for (std::size_t i = 0; i < loops.size(); ++i) {
    SimLoop& loop = *loops[(from + i) % loops.size()];
    if (loop.busy() || !loop.waiting()) continue;
    loop.run_one(scene_.random);
    return true;
  }
  return false;
}

// A thread without a loop, which every method must bear.
void World::act_outside() {
  if (std::exchange(outside_busy_, true)) return;
  Random& random = scene_.random;
  Shadow& shadow = scene_.shadow;
  SimLoop::outside([&] {
    const std::string& user = random.pick(shadow.users());
    const std::string& room = random.pick(shadow.rooms());
    Note note;
    note.number = outside_number_ + 1;
    const std::size_t what = random.below(7);
    if (what == 0) return shadow.join_user(user, room);
    if (what == 1) return shadow.leave_user(user, room);
    if (what == 2) {
      Session& session = *random.pick(sessions_);
      if (session.server() && random.percent(30))
        session.server()->request_close(proto::CloseCode::normal);
      return;
    }
    note.kind = what < 4 ? Note::Kind::everyone : what < 6 ? Note::Kind::room : Note::Kind::user;
    note.target = what < 4   ? std::string_view{}
                  : what < 6 ? std::string_view(room)
                             : std::string_view(user);
    ++outside_number_;
    shadow.say(note, "from outside");
  });
  outside_busy_ = false;
}

// Other loops and threads run while a broadcast posts: never while a lock is held.
void World::meanwhile() {
  Shadow& shadow = scene_.shadow;
  if (!shadow.may_be_preempted() || !scene_.random.percent(20)) return;
  shadow.undisturbed([this] {
    scene_.trace([] { return std::string("meanwhile:"); });
    const std::size_t what = scene_.random.below(10);
    if (what < 5) {
      step_on_another_loop();
    } else if (what < 8) {
      arrive_somewhere();
    } else {
      act_outside();
    }
    scene_.trace([] { return std::string("meanwhile ends"); });
  });
}

void World::pass_time(std::uint64_t ms) {
  scene_.now_ms += ms;
  scene_.trace([&] { return "it is " + std::to_string(scene_.now_ms) + " ms"; });
  for (const auto& loop : scene_.loops) loop->advance(scene_.now_ms);
  for (const auto& session : sessions_) {
    const ServerSide* server = session->server();
    const bool late = server && server->is_open() && server->expires_ms() + kLateMs < scene_.now_ms;
    require(!late, [] { return "a connection outlived its token"; });
  }
}

// Everything under way arrives; nothing new begins.
void World::settle() {
  while (true) {
    const bool arrived = !sessions_.empty() && arrive_somewhere();
    const bool ran = step_on_another_loop();
    if (!arrived && !ran) return;
  }
}

void World::end_everybody() {
  for (const auto& session : sessions_) {
    const std::size_t how = scene_.random.below(10);
    if (how < 6) session->client().leave();
    if (how == 6) session->reset();
    if (how == 7 && session->server())
      session->server()->request_close(proto::CloseCode::service_restart);
  }
  settle();
  // Who says nothing ends by a deadline, his token's at the latest; who does not answer, by
  // another.
  pass_time(kLongMs);
  settle();
  pass_time(kLongMs);
  settle();
  for (const auto& session : sessions_) {
    if (!session->ended()) session->client().leave();  // was refused, or never asked
  }
  settle();
}

}  // namespace microframe::simulation
