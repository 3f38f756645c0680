// FakeProcess: a node with one endpoint, a hub that writes down what it is told, and a broker in
// memory, all in a FakeWorld.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "cluster/memory_broker.hpp"
#include "cluster/node.hpp"
#include "support/buffer.hpp"
#include "unit/cluster/fake_timeline.hpp"

namespace test {

namespace cluster = microframe::cluster;
namespace hub = microframe::hub;
using Names = std::vector<std::string>;

inline std::string to_string(hub::Broker::Position position) {
  return std::to_string(position.epoch) + ":" + std::to_string(position.offset);
}

// Writes down what it is told, in a few words each.
class FakeHub final : public hub::Arrivals {
 public:
  void arrived(const hub::Parcel& parcel) override { say("all " + words(parcel)); }
  void arrived_in(std::string_view room, const hub::Parcel& parcel) override {
    say(std::string(room) + " " + words(parcel));
  }
  void arrived_for(const std::vector<std::string_view>& whom, const hub::Parcel& parcel) override {
    std::string names;
    for (const std::string_view user : whom) names += std::string(user) + ",";
    say("for " + names + " " + words(parcel));
  }
  void opened(std::string_view room, std::uint64_t, hub::Presence::Users others) override {
    say("opened " + std::string(room) + names(others, '+'));
  }
  void presence_changed(std::string_view room, const hub::Presence::Users& joins,
                        const hub::Presence::Users& leaves) override {
    say("presence " + std::string(room) + names(joins, '+') + names(leaves, '-'));
  }
  void appended(std::string_view room, hub::Broker::Position position, std::chrono::milliseconds,
                const hub::Parcel& parcel) override {
    // As a room does: nothing is taken that does not follow.
    EXPECT_EQ(position.epoch, at[std::string(room)].epoch);
    EXPECT_EQ(position.offset, ++at[std::string(room)].offset);
    kept[std::string(room)][position.offset] = parcel.content;
    say(std::string(room) + " #" + std::to_string(position.offset) + " " + words(parcel));
  }
  void log_moved(std::string_view room, hub::Broker::Position last) override {
    at[std::string(room)] = last;
    kept[std::string(room)].clear();
    say(std::string(room) + " moved to " + to_string(last));
  }
  void join_here(std::string_view user, std::string_view room) override {
    say("join " + std::string(user) + " " + std::string(room));
  }
  void leave_here(std::string_view user, std::string_view room) override {
    say("leave " + std::string(user) + " " + std::string(room));
  }
  void evict_here(std::string_view user) override { say("evict " + std::string(user)); }
  void disconnect_here(std::string_view user, std::string_view reason) override {
    say("disconnect " + std::string(user) + " " + std::string(reason));
  }
  void letter(std::string_view node, std::string_view bytes) override {
    say("letter of " + std::string(node) + ": " + std::string(bytes));
  }
  hub::UserRecord record(std::string_view user) override { return users[std::string(user)]; }
  Names users_here() override {
    Names result;
    for (const auto& [user, record] : users)
      if (!record.empty()) result.push_back(user);
    return result;
  }

  Names take() { return std::exchange(said, {}); }

  std::map<std::string, hub::UserRecord> users;
  std::map<std::string, hub::Broker::Position> at;                   // of each room's log
  std::map<std::string, std::map<std::uint64_t, std::string>> kept;  // by room and offset
  Names said;

 private:
  void say(std::string words) { said.push_back(std::move(words)); }
  static std::string words(const hub::Parcel& parcel) {
    std::string text(parcel.content);
    for (const std::string_view user : parcel.hidden_from) text += " -" + std::string(user);
    return text;
  }
  static std::string names(const hub::Presence::Users& whom, char sign) {
    std::string text;
    for (const auto& [user, devices] : whom) text += std::string(" ") + sign + user;
    return text;
  }
};

class FakeEvents final : public cluster::NodeEvents {
 public:
  void started() override { say("started"); }
  void refused(const std::string&) override { say("refused"); }
  void user_online(std::string_view, const std::string& user) override { say("+" + user); }
  void user_offline(std::string_view, const std::string& user) override { say("-" + user); }
  Names take() { return std::exchange(said, {}); }

  Names said;

 private:
  void say(std::string words) { said.push_back(std::move(words)); }
};

inline microframe::base::Frame frame(std::string_view text) {
  return microframe::base::Frame(buffer(text));
}

struct FakeProcess {
  FakeProcess(FakeWorld& world, std::shared_ptr<cluster::MemoryBus> bus, const std::string& name,
              std::uint64_t incarnation)
      : timeline(world),
        broker(std::move(bus), timeline),
        node(broker, timeline, events, settings(name, incarnation)),
        site(node.add_site("/chat", hub)) {}

  static cluster::Node::Settings settings(const std::string& name, std::uint64_t incarnation) {
    cluster::Node::Settings result;
    result.name = name;
    result.incarnation = incarnation;
    return result;
  }

  // The user has a device here that is in these rooms, with an entry where a room tells presence.
  void put(const std::string& user, const Names& rooms = {}) {
    hub::UserRecord record;
    record.present = record.receiving = 1;
    for (const std::string& room : rooms) {
      record.rooms.emplace_back();
      record.rooms.back().room = room;
      if (room.starts_with("who")) record.rooms.back().devices = {{"1", boost::json::object()}};
    }
    hub.users[user] = record;
    site.changed(user);
  }
  void remove(const std::string& user) {
    hub.users.erase(user);
    site.changed(user);
  }
  static hub::RoomPolicy policy(const std::string& room) {
    hub::RoomPolicy result;
    result.presence = room.starts_with("who");
    if (room.starts_with("kept")) {
      result.history_max = 5;
      result.history_age = std::chrono::hours(1);
    }
    return result;
  }
  void open(const std::string& room) { site.open(room, policy(room), 0); }
  void append(const std::string& room, std::string_view text) {
    site.append(room, policy(room), frame(text), {}, {}, [](auto) {});
  }

  FakeTimeline timeline;
  cluster::MemoryBroker broker;
  FakeEvents events;
  FakeHub hub;
  cluster::Node node;
  cluster::Site& site;
};

// Nodes that share a bus.
class Nodes : public testing::Test {
 protected:
  Nodes() { microframe::base::log::set_level(microframe::base::log::Level::off); }
  using Process = std::unique_ptr<FakeProcess>;

  Process make(const std::string& name) {
    auto made = std::make_unique<FakeProcess>(world, bus, name, ++incarnations);
    made->node.start();
    return made;
  }
  // Started, and it knows the others and they know it.
  Process join(const std::string& name) {
    auto made = make(name);
    world.pass(std::chrono::milliseconds(50));
    EXPECT_EQ(made->events.take(), Names{"started"});
    return made;
  }
  void pass(std::chrono::milliseconds time) { world.pass(time); }
  void soon() { pass(std::chrono::milliseconds(100)); }

  FakeWorld world;
  std::shared_ptr<cluster::MemoryBus> bus = std::make_shared<cluster::MemoryBus>();
  std::uint64_t incarnations = 0;
};

}  // namespace test
