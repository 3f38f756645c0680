#include "cluster/memory_broker.hpp"

#include <utility>

namespace microframe::cluster {

using base::Lock;

MemoryBroker::MemoryBroker(std::shared_ptr<MemoryBus> bus, Timeline& timeline)
    : bus_(std::move(bus)), timeline_(timeline) {}

MemoryBroker::~MemoryBroker() {
  MemoryBroker::stop();
}

void MemoryBroker::start(Listener& listener) {
  {
    const Lock lock(gate_->mutex);
    gate_->listener = &listener;
  }
  const Lock lock(mutex_);
  if (state_ == State::idle) state_ = State::whole;
}

void MemoryBroker::stop() {
  bus_->leave(*this);
  {
    const Lock lock(mutex_);
    state_ = State::idle;
  }
  // What runs just now holds the gate: it has returned once the gate is closed.
  const Lock lock(gate_->mutex);
  gate_->listener = nullptr;
}

MemoryBroker::State MemoryBroker::state() const {
  const Lock lock(mutex_);
  return state_;
}

bool MemoryBroker::is_up() const {
  const State now = state();
  return now == State::whole || now == State::interrupted;
}

void MemoryBroker::tell(std::function<void(Listener&)> what) {
  timeline_.post([gate = gate_, what = std::move(what)] {
    const Lock lock(gate->mutex);
    if (gate->listener) what(*gate->listener);
  });
}

template <class T, class Ask>
void MemoryBroker::answer(Done<T> done, Ask&& ask) {
  base::Result<T, Failure> result = base::fail(Failure::unavailable);
  if (is_up()) result = ask(*bus_, timeline_.now_ms());
  tell([done = std::move(done), result = std::move(result)](Listener&) { done(result); });
}

void MemoryBroker::confirm(Done<Nothing> done) {
  base::Result<Nothing, Failure> result = Nothing{};
  if (state() != State::whole) result = base::fail(Failure::unavailable);
  tell([done = std::move(done), result](Listener&) { done(result); });
}

void MemoryBroker::message(const std::string& topic, const std::string& bytes) {
  if (state() != State::whole) return;
  tell([topic, bytes](Listener& listener) { listener.on_message(topic, bytes); });
}

void MemoryBroker::entry(const std::string& log, std::uint64_t epoch, const Entry& entry) {
  if (state() != State::whole) return;
  tell([log, epoch, entry](Listener& listener) { listener.on_entry(log, epoch, entry); });
}

void MemoryBroker::subscribe(std::string topic, Done<Nothing> done) {
  bus_->subscribe(topic, *this);
  confirm(std::move(done));
}

void MemoryBroker::unsubscribe(std::string topic) {
  bus_->unsubscribe(topic, *this);
}

void MemoryBroker::publish(std::string topic, std::string bytes) {
  if (is_up()) bus_->publish(topic, bytes);
}

void MemoryBroker::append(Append what, Done<Appended> done) {
  answer(std::move(done),
         [&](MemoryBus& bus, std::uint64_t now_ms) { return bus.append(what, now_ms); });
}

void MemoryBroker::read(std::string log, std::uint64_t from, std::size_t limit, Done<Page> done) {
  answer(std::move(done),
         [&](MemoryBus& bus, std::uint64_t now_ms) { return bus.read(log, from, limit, now_ms); });
}

void MemoryBroker::positions(std::vector<std::string> logs, Done<std::vector<Position>> done) {
  answer(std::move(done), [&](MemoryBus& bus, std::uint64_t) { return bus.positions(logs); });
}

void MemoryBroker::follow(std::string log, Done<Nothing> done) {
  bus_->follow(log, *this);
  confirm(std::move(done));
}

void MemoryBroker::unfollow(std::string log) {
  bus_->unfollow(log, *this);
}

void MemoryBroker::renew(std::string log, std::uint64_t epoch, Done<Position> done) {
  answer(std::move(done), [&](MemoryBus& bus, std::uint64_t) { return bus.renew(log, epoch); });
}

void MemoryBroker::put(std::string name, std::string bytes, std::chrono::milliseconds for_time,
                       bool if_absent, Done<bool> done) {
  answer(std::move(done), [&](MemoryBus& bus, std::uint64_t now_ms) {
    return bus.put(name, std::move(bytes), for_time, if_absent, now_ms);
  });
}

void MemoryBroker::get(std::vector<std::string> names,
                       Done<std::vector<std::optional<std::string>>> done) {
  answer(std::move(done),
         [&](MemoryBus& bus, std::uint64_t now_ms) { return bus.get(names, now_ms); });
}

void MemoryBroker::take(std::string name, Done<std::optional<std::string>> done) {
  answer(std::move(done),
         [&](MemoryBus& bus, std::uint64_t now_ms) { return bus.take(name, now_ms); });
}

void MemoryBroker::enter(std::string roll, std::string name, std::string node, Done<bool> done) {
  answer(std::move(done),
         [&](MemoryBus& bus, std::uint64_t) { return bus.enter(roll, name, node); });
}

void MemoryBroker::leave(std::string roll, std::string name, std::string node, Done<bool> done) {
  answer(std::move(done),
         [&](MemoryBus& bus, std::uint64_t) { return bus.leave(roll, name, node); });
}

void MemoryBroker::strike(std::string roll, std::string node, Done<std::vector<std::string>> done) {
  answer(std::move(done), [&](MemoryBus& bus, std::uint64_t) { return bus.strike(roll, node); });
}

void MemoryBroker::set_state(State state) {
  State before;
  {
    const Lock lock(mutex_);
    before = std::exchange(state_, state);
  }
  if (before == State::whole && state != State::whole)
    tell([](Listener& listener) { listener.on_interrupted(); });
  if ((before == State::interrupted || before == State::down) && state == State::whole)
    tell([](Listener& listener) { listener.on_restored(); });
}

void MemoryBroker::interrupt() {
  set_state(State::interrupted);
}

void MemoryBroker::restore() {
  set_state(State::whole);
}

void MemoryBroker::set_up(bool up) {
  set_state(up ? State::whole : State::down);
}

}  // namespace microframe::cluster
