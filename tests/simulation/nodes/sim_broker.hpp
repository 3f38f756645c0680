// SimBroker: the broker of one simulated node, as a Redis is one: two connections to what all share, on
// which requests, answers and messages are under way. On each of them things come in order, and from one
// to the other in any. A connection that is lost loses what is under way: of the requests some may have
// been carried out. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/memory_bus.hpp"
#include "hub/broker.hpp"
#include "simulation/nodes/scene.hpp"
#include "simulation/nodes/sim_timeline.hpp"
#include "simulation/nodes/wire.hpp"

namespace microframe::simulation::nodes {

class SimBroker final : public hub::Broker, private cluster::MemoryBus::Line {
 public:
  // Both outlive it.
  SimBroker(Scene& scene, SimTimeline& timeline);
  SimBroker(const SimBroker&) = delete;
  SimBroker& operator=(const SimBroker&) = delete;
  ~SimBroker() override;

  void start(Listener& listener) override;
  void stop() override;
  bool is_up() const override { return state_ != State::idle && state_ != State::away; }

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

  // --- Faults.
  // The connection of the subscriptions is lost.
  void interrupt();
  // Both are.
  void lose();
  // Whatever is lost comes back.
  void connect();
  bool is_whole() const { return state_ == State::whole; }

 private:
  enum class State : std::uint8_t { idle, whole, interrupted, away };
  // What was asked, until it is answered.
  class Call {
   public:
    virtual ~Call() = default;
    virtual void carry_out(cluster::MemoryBus& bus, std::uint64_t now_ms) = 0;
    // What has been carried out has come back.
    virtual void tell() = 0;
    // It is not known whether it was.
    virtual void give_up() = 0;

    enum class Stage : std::uint8_t { asked, carried_out, answered } stage = Stage::asked;
    // Whom it enters on a roll, or takes out; kAnybody: it does not say.
    std::string on_roll;
  };
  static constexpr const char* kAnybody = "*";
  template <class T, class Ask>
  class CallOf;
  // A topic or a log that this node wants to hear.
  struct Wanted {
    bool of_log = false;
    std::uint64_t turn = 0;
    bool in_force = false;
    std::vector<Done<Nothing>> waiting;
  };

  // cluster::MemoryBus::Line
  void message(const std::string& topic, const std::string& bytes) override;
  void entry(const std::string& log, std::uint64_t epoch, const Entry& entry) override;

  template <class T, class Ask>
  void ask(Done<T> done, Ask ask, std::string on_roll = {});
  void doubt_calls() const;
  void doubt(const std::string& name) const;
  void send(std::shared_ptr<Call> call);
  void lose_calls();
  void want(std::string name, bool of_log, Done<Nothing> done);
  void want_no_more(const std::string& name, bool of_log);
  void hear(const std::string& name, const Wanted& wanted);
  void lose_subscriptions();
  void tell(std::function<void(Listener&)> what);

  Scene& scene_;
  SimTimeline& timeline_;
  Listener* listener_ = nullptr;
  State state_ = State::idle;
  Wire requests_;
  Wire answers_;
  Wire wishes_;                              // to subscribe
  Wire messages_;                            // of subscriptions, and that they are in force
  std::deque<std::shared_ptr<Call>> calls_;  // in the order in which they were asked
  std::map<std::string, Wanted> wanted_;
  std::uint64_t turn_ = 0;
};

}  // namespace microframe::simulation::nodes
