// MemoryBroker: a Broker for the nodes of one process, which share a MemoryBus: for tests, and for the
// simulation, where faults are made up. What comes back runs on a Timeline. Threading: as Broker says.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "cluster/memory_bus.hpp"
#include "cluster/timeline.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class MemoryBroker final : public hub::Broker, private MemoryBus::Line {
 public:
  // timeline: outlives the broker, and runs nothing of the broker once stop() has returned.
  MemoryBroker(std::shared_ptr<MemoryBus> bus, Timeline& timeline);
  MemoryBroker(const MemoryBroker&) = delete;
  MemoryBroker& operator=(const MemoryBroker&) = delete;
  ~MemoryBroker() override;

  void start(Listener& listener) override;
  void stop() override;
  bool is_up() const override;

  void subscribe(std::string topic, Done<Nothing> done) override;
  void unsubscribe(std::string topic) override;
  void publish(std::string topic, std::string bytes) override;

  void append(Append what, Done<Appended> done) override;
  void read(std::string log, std::uint64_t from, std::size_t limit, Done<Page> done) override;
  void positions(std::vector<std::string> logs, Done<std::vector<Position>> done) override;
  void follow(std::string log, Done<Nothing> done) override;
  void unfollow(std::string log) override;
  void renew(std::string log, std::uint64_t epoch, Done<Position> done) override;

  void put(std::string name, std::string bytes, std::chrono::milliseconds for_time, bool if_absent,
           Done<bool> done) override;
  void get(std::vector<std::string> names,
           Done<std::vector<std::optional<std::string>>> done) override;
  void take(std::string name, Done<std::optional<std::string>> done) override;

  void enter(std::string roll, std::string name, std::string node, Done<bool> done) override;
  void leave(std::string roll, std::string name, std::string node, Done<bool> done) override;
  void strike(std::string roll, std::string node, Done<std::vector<std::string>> done) override;

  // --- Faults, for tests.
  // The subscriptions are interrupted: messages are missed until restore().
  void interrupt();
  void restore();
  // Down: the broker cannot be reached, and all that is asked fails.
  void set_up(bool up);
  // For what a test does to the subscriptions on the bus itself.
  MemoryBus::Line& line() { return *this; }

 private:
  // Lets what comes back pass, until stop() closes it.
  struct Gate {
    base::Mutex mutex;
    Listener* listener MICROFRAME_GUARDED_BY(mutex) = nullptr;  // nullptr: closed
  };
  enum class State : std::uint8_t { idle, whole, interrupted, down };

  // MemoryBus::Line
  void message(const std::string& topic, const std::string& bytes) override;
  void entry(const std::string& log, std::uint64_t epoch, const Entry& entry) override;

  State state() const;
  void set_state(State state);
  void tell(std::function<void(Listener&)> what);
  // Asks the bus, if it can be reached, and has the answer told.
  template <class T, class Ask>
  void answer(Done<T> done, Ask&& ask);
  void confirm(Done<Nothing> done);

  const std::shared_ptr<MemoryBus> bus_;
  Timeline& timeline_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  mutable base::Mutex mutex_;  // lock order: the bus's, then this one
  State state_ MICROFRAME_GUARDED_BY(mutex_) = State::idle;
};

}  // namespace microframe::cluster
