#include "simulation/nodes/sim_broker.hpp"

#include <algorithm>
#include <utility>

namespace microframe::simulation::nodes {

using cluster::MemoryBus;

// Ask: returns a T, called with the bus and the time.
template <class T, class Ask>
class SimBroker::CallOf final : public Call {
 public:
  CallOf(Done<T> done, Ask ask) : done_(std::move(done)), ask_(std::move(ask)) {}

  void carry_out(MemoryBus& bus, std::uint64_t now_ms) override { result_ = ask_(bus, now_ms); }
  void tell() override { done_(*result_); }
  void give_up() override { done_(base::fail(Failure::unavailable)); }

 private:
  const Done<T> done_;
  Ask ask_;
  std::optional<T> result_;
};

SimBroker::SimBroker(Scene& scene, SimTimeline& timeline)
    : scene_(scene),
      timeline_(timeline),
      requests_(scene.agenda, scene.random, scene.slow_ms),
      answers_(scene.agenda, scene.random, scene.slow_ms),
      wishes_(scene.agenda, scene.random, scene.slow_ms),
      messages_(scene.agenda, scene.random, scene.slow_ms) {}

SimBroker::~SimBroker() {
  SimBroker::stop();
}

void SimBroker::start(Listener& listener) {
  listener_ = &listener;
  state_ = State::whole;
}

// A process that dies has sent some of what it has asked.
void SimBroker::stop() {
  if (state_ == State::idle) return;
  state_ = State::idle;
  listener_ = nullptr;
  doubt_calls();
  lose_calls();
  lose_subscriptions();
  wanted_.clear();
}

void SimBroker::tell(std::function<void(Listener&)> what) {
  timeline_.post([this, what = std::move(what)] {
    if (listener_) what(*listener_);
  });
}

// --- commands ---

template <class T, class Ask>
void SimBroker::ask(Done<T> done, Ask ask, std::string on_roll) {
  auto call = std::make_shared<CallOf<T, Ask>>(std::move(done), std::move(ask));
  call->on_roll = std::move(on_roll);
  if (is_up()) return send(std::move(call));
  tell([call = std::move(call)](Listener&) { call->give_up(); });
}

void SimBroker::send(std::shared_ptr<Call> call) {
  calls_.push_back(call);
  requests_.put([this, call = std::move(call)] {
    call->carry_out(scene_.bus, scene_.agenda.now_ms());
    call->stage = Call::Stage::carried_out;
    answers_.put([this, call] {
      call->stage = Call::Stage::answered;
      tell([this](Listener&) {
        const auto answered = std::move(calls_.front());
        calls_.pop_front();
        answered->tell();
      });
    });
  });
}

void SimBroker::lose_calls() {
  requests_.cut();
  answers_.cut();
  const auto first = std::find_if(calls_.begin(), calls_.end(), [](const auto& call) {
    return call->stage != Call::Stage::answered;
  });
  const std::vector<std::shared_ptr<Call>> lost(first, calls_.end());
  calls_.erase(first, calls_.end());
  bool is_sent = true;
  for (const auto& call : lost) {
    const bool is_asked = call->stage == Call::Stage::asked;
    is_sent = is_sent && (!is_asked || scene_.random.percent(60));
    if (is_sent && is_asked) call->carry_out(scene_.bus, scene_.agenda.now_ms());
    if (is_sent && !call->on_roll.empty() && call->on_roll != kAnybody) doubt(call->on_roll);
    tell([call](Listener&) { call->give_up(); });
  }
}

// Whoever asked dies without a word, and nobody is told what the answers say.
void SimBroker::doubt_calls() const {
  for (const auto& call : calls_)
    if (!call->on_roll.empty()) doubt(call->on_roll);
}

void SimBroker::doubt(const std::string& name) const {
  if (name == kAnybody) return scene_.online.doubt_all();
  scene_.online.doubt(name);
}

void SimBroker::publish(std::string topic, std::string bytes) {
  if (!is_up()) return;
  const auto publish = [topic = std::move(topic), bytes = std::move(bytes)](MemoryBus& bus,
                                                                            std::uint64_t) {
    bus.publish(topic, bytes);
    return Nothing{};
  };
  ask<Nothing>([](const auto&) {}, publish);
}

void SimBroker::append(Append what, Done<Appended> done) {
  ask<Appended>(std::move(done), [what = std::move(what)](MemoryBus& bus, std::uint64_t now_ms) {
    return bus.append(what, now_ms);
  });
}

void SimBroker::read(std::string log, std::uint64_t from, std::size_t limit, Done<Page> done) {
  ask<Page>(std::move(done),
            [log = std::move(log), from, limit](MemoryBus& bus, std::uint64_t now_ms) {
              return bus.read(log, from, limit, now_ms);
            });
}

void SimBroker::positions(std::vector<std::string> logs, Done<std::vector<Position>> done) {
  ask<std::vector<Position>>(
      std::move(done),
      [logs = std::move(logs)](MemoryBus& bus, std::uint64_t) { return bus.positions(logs); });
}

void SimBroker::renew(std::string log, std::uint64_t epoch, Done<Position> done) {
  ask<Position>(std::move(done),
                [this, log = std::move(log), epoch](MemoryBus& bus, std::uint64_t now_ms) {
                  const Position at = bus.renew(log, epoch);
                  scene_.chronicle.read(log, now_ms);
                  return at;
                });
}

void SimBroker::put(std::string name, std::string bytes, std::chrono::milliseconds for_time,
                    bool if_absent, Done<bool> done) {
  ask<bool>(std::move(done), [name = std::move(name), bytes = std::move(bytes), for_time,
                              if_absent](MemoryBus& bus, std::uint64_t now_ms) {
    return bus.put(name, bytes, for_time, if_absent, now_ms);
  });
}

void SimBroker::get(std::vector<std::string> names,
                    Done<std::vector<std::optional<std::string>>> done) {
  ask<std::vector<std::optional<std::string>>>(
      std::move(done), [names = std::move(names)](MemoryBus& bus, std::uint64_t now_ms) {
        return bus.get(names, now_ms);
      });
}

void SimBroker::take(std::string name, Done<std::optional<std::string>> done) {
  ask<std::optional<std::string>>(std::move(done),
                                  [name = std::move(name)](MemoryBus& bus, std::uint64_t now_ms) {
                                    return bus.take(name, now_ms);
                                  });
}

void SimBroker::enter(std::string roll, std::string name, std::string node, Done<bool> done) {
  const auto enter = [this, roll, name, node](MemoryBus& bus, std::uint64_t) {
    const bool is_first = bus.enter(roll, name, node);
    scene_.trace([&] { return node + " is entered for " + name + (is_first ? ", first" : ""); });
    return is_first;
  };
  ask<bool>(std::move(done), enter, name);
}

void SimBroker::leave(std::string roll, std::string name, std::string node, Done<bool> done) {
  const auto leave = [this, roll, name, node](MemoryBus& bus, std::uint64_t) {
    const bool is_last = bus.leave(roll, name, node);
    scene_.trace([&] { return node + " is taken out for " + name + (is_last ? ", last" : ""); });
    return is_last;
  };
  ask<bool>(std::move(done), leave, name);
}

void SimBroker::strike(std::string roll, std::string node, Done<std::vector<std::string>> done) {
  // The names are kept until who asked has been told: the answer may get lost.
  const auto strike = [this, roll, node](MemoryBus& bus, std::uint64_t) {
    scene_.trace([&] { return node + " is struck"; });
    // Who has stalled between finding a node dead and seeing to it may strike it when it is back.
    if (!bus.get({"settled " + node}, scene_.agenda.now_ms()).front()) scene_.online.doubt_all();
    auto& struck = scene_.struck[{roll, node}];
    for (std::string& name : bus.strike(roll, node)) struck.push_back(std::move(name));
    return struck;
  };
  const auto told = [this, roll, node, done = std::move(done)](const auto& names) {
    if (names) scene_.struck.erase({roll, node});
    done(names);
  };
  ask<std::vector<std::string>>(told, strike, kAnybody);
}

// --- subscriptions ---

void SimBroker::subscribe(std::string topic, Done<Nothing> done) {
  want(std::move(topic), false, std::move(done));
}

void SimBroker::follow(std::string log, Done<Nothing> done) {
  want(std::move(log), true, std::move(done));
}

void SimBroker::unsubscribe(std::string topic) {
  want_no_more(topic, false);
}

void SimBroker::unfollow(std::string log) {
  want_no_more(log, true);
}

void SimBroker::want(std::string name, bool of_log, Done<Nothing> done) {
  Wanted& wanted = wanted_[name];
  wanted.of_log = of_log;
  if (state_ != State::whole) {
    tell([done = std::move(done)](Listener&) { done(base::fail(Failure::unavailable)); });
    return;
  }
  if (wanted.in_force) {
    tell([done = std::move(done)](Listener&) { done(Nothing{}); });
    return;
  }
  wanted.waiting.push_back(std::move(done));
  if (wanted.turn != 0) return;
  wanted.turn = ++turn_;
  wishes_.put([this, name = std::move(name), turn = wanted.turn] {
    const auto found = wanted_.find(name);
    if (found == wanted_.end() || found->second.turn != turn) return;
    hear(name, found->second);
    messages_.put([this, name, turn] {
      const auto confirmed = wanted_.find(name);
      if (confirmed == wanted_.end() || confirmed->second.turn != turn) return;
      confirmed->second.in_force = true;
      tell([waiting = std::exchange(confirmed->second.waiting, {})](Listener&) {
        for (const auto& each : waiting) each(Nothing{});
      });
    });
  });
}

void SimBroker::hear(const std::string& name, const Wanted& wanted) {
  if (wanted.of_log) return scene_.bus.follow(name, *this);
  scene_.bus.subscribe(name, *this);
}

void SimBroker::want_no_more(const std::string& name, bool of_log) {
  const auto found = wanted_.find(name);
  if (found == wanted_.end()) return;
  tell([waiting = std::move(found->second.waiting)](Listener&) {
    for (const auto& each : waiting) each(base::fail(Failure::unavailable));
  });
  wanted_.erase(found);
  if (state_ != State::whole) return;
  wishes_.put([this, name, of_log] {
    if (of_log) return scene_.bus.unfollow(name, *this);
    scene_.bus.unsubscribe(name, *this);
  });
}

// Where nobody wants a message any more, it is dropped.
void SimBroker::message(const std::string& topic, const std::string& bytes) {
  messages_.put([this, topic, bytes] {
    if (wanted_.count(topic) != 0)
      tell([topic, bytes](Listener& listener) { listener.on_message(topic, bytes); });
  });
}

void SimBroker::entry(const std::string& log, std::uint64_t epoch, const Entry& entry) {
  messages_.put([this, log, epoch, entry] {
    if (wanted_.count(log) != 0)
      tell([log, epoch, entry](Listener& listener) { listener.on_entry(log, epoch, entry); });
  });
}

void SimBroker::lose_subscriptions() {
  wishes_.cut();
  messages_.cut();
  scene_.bus.leave(*this);
  for (auto& [name, wanted] : wanted_) {
    wanted.turn = 0;
    wanted.in_force = false;
    tell([waiting = std::exchange(wanted.waiting, {})](Listener&) {
      for (const auto& each : waiting) each(base::fail(Failure::unavailable));
    });
  }
}

// --- faults ---

void SimBroker::interrupt() {
  if (state_ != State::whole) return;
  state_ = State::interrupted;
  lose_subscriptions();
  tell([](Listener& listener) { listener.on_interrupted(); });
}

void SimBroker::lose() {
  if (!is_up()) return;
  const bool was_whole = state_ == State::whole;
  state_ = State::away;
  lose_calls();
  lose_subscriptions();
  if (was_whole) tell([](Listener& listener) { listener.on_interrupted(); });
}

void SimBroker::connect() {
  if (state_ == State::whole || state_ == State::idle) return;
  state_ = State::whole;
  for (auto& [name, wanted] : wanted_) {
    wanted.turn = ++turn_;
    wanted.in_force = true;
    hear(name, wanted);
  }
  messages_.put([this] { tell([](Listener& listener) { listener.on_restored(); }); });
}

}  // namespace microframe::simulation::nodes
