// Two hubs as two nodes. What lies between them is a wire that the test opens rooms on and hands messages
// over by itself.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "hub/everywhere.hpp"
#include "hub/hub.hpp"
#include "hub/inbound.hpp"
#include "support/fake_loop.hpp"
#include "unit/hub/frame.hpp"
#include "unit/hub/house.hpp"

namespace microframe::hub {

using test::FakeLoop;

// One log for all rooms that keep messages, and the two ends of the wire.
struct Log {
  Broker::Position last{7, 0};
};

// The other node, as one of them knows it.
class Wire final : public Elsewhere {
 public:
  explicit Wire(Log& of) : log(of) {}

  void changed(const std::string& user) noexcept override { changes.push_back(user); }
  void broadcast(const Frame& one, const Exclusion& but, std::uint64_t id) override {
    send([&](const Parcel& parcel) { other->arrived(parcel); }, one, but.users, but.session, id);
  }
  void to_room(std::string_view room, const Frame& one, const Exclusion& but,
               std::uint64_t id) override {
    send([&](const Parcel& parcel) { other->arrived_in(room, parcel); }, one, but.users,
         but.session, id);
  }
  std::vector<bool> to_users(const std::vector<std::string_view>& users, const Frame& one,
                             std::uint64_t id) override {
    send([&](const Parcel& parcel) { other->arrived_for(users, parcel); }, one, {}, {}, id);
    std::vector<bool> there;
    for (const std::string_view user : users) there.push_back(other->record(user).present != 0);
    return there;
  }
  bool join_user(std::string_view user, std::string_view room) override {
    other->join_here(user, room);
    return other->record(user).receiving != 0;
  }
  bool leave_user(std::string_view user, std::string_view room) override {
    other->leave_here(user, room);
    return other->record(user).receiving != 0;
  }
  bool evict(std::string_view user) override {
    other->evict_here(user);
    return true;
  }
  std::size_t disconnect(std::string_view user, std::string_view reason) override {
    const std::size_t devices = other->record(user).receiving;
    other->disconnect_here(user, reason);
    return devices;
  }
  void open(const std::string& room, const RoomPolicy&, std::uint64_t opening) override {
    opened.push_back(room);
    openings[room] = opening;
  }
  void close(const std::string& room) noexcept override { closed.push_back(room); }
  void append(std::string_view room, const RoomPolicy&, const Frame& one, const HiddenFrom& hidden,
              std::string, Broker::Done<Broker::Appended> told) override {
    ++log.last.offset;
    const auto give = [&](const Parcel& parcel) {
      for (Arrivals* one_of_both : {own, other})
        one_of_both->appended(room, log.last, std::chrono::milliseconds(0), parcel);
    };
    send(give, one, hidden.users, hidden.session, 0);
    told(Broker::Appended{log.last, false});
  }
  std::vector<std::string> nodes() const override { return {"other"}; }
  void letter(std::string_view, std::string_view bytes) override { other->letter("own", bytes); }
  std::vector<std::string> nodes_of(std::string_view user) const override {
    return other->record(user).receiving == 0 ? Names{} : nodes();
  }
  void after(std::chrono::milliseconds, std::function<void()>) override {}
  void when_known(std::function<void()> known) override { known(); }
  void keep_session(std::string_view, std::string, std::chrono::milliseconds) override {}
  void find_session(std::string_view, bool,
                    Broker::Done<std::optional<std::string>> found) override {
    found(std::optional<std::string>());
  }
  void history(std::string_view, const RoomPolicy&, std::uint64_t, std::size_t,
               Broker::Done<std::vector<Kept>>) override {}
  std::vector<std::string> users() const override { return other->users_here(); }
  std::size_t devices(std::string_view user) const override { return other->record(user).present; }
  std::size_t connections() const override { return other->users_here().size(); }
  std::vector<std::string> room_members(std::string_view room) const override {
    Names members;
    for (const std::string& user : other->users_here()) {
      for (const auto& in : other->record(user).rooms) {
        if (in.room == room) members.push_back(user);
      }
    }
    return members;
  }
  std::vector<std::string> user_rooms(std::string_view user) const override {
    Names rooms;
    for (const auto& in : other->record(user).rooms) rooms.push_back(in.room);
    return rooms;
  }
  Names rooms() const override {
    std::set<std::string> rooms;
    for (const std::string& user : other->users_here()) {
      for (const auto& in : other->record(user).rooms) rooms.insert(in.room);
    }
    return {rooms.begin(), rooms.end()};
  }
  Presence::Users presence(std::string_view room) const override {
    Presence::Users users;
    for (const std::string& user : other->users_here()) {
      for (const auto& in : other->record(user).rooms) {
        if (in.room == room && !in.devices.empty()) users[user] = in.devices;
      }
    }
    return users;
  }

  Log& log;
  Arrivals* own = nullptr;
  Arrivals* other = nullptr;
  Names changes;
  Names opened;
  std::map<std::string, std::uint64_t, std::less<>> openings;  // the latest of each room
  Names closed;

 private:
  template <class Give>
  static void send(Give&& give, const Frame& one, const Names& users, const std::string& session,
                   std::uint64_t id) {
    const std::string text = text_of(one);
    Parcel parcel;
    parcel.id = id;
    parcel.content = text;
    parcel.hidden_from = {users.begin(), users.end()};
    parcel.hidden_session = session;
    give(parcel);
  }
};

struct Node {
  explicit Node(Log& log) : wire(log) {
    wire.own = &inbound;
    inbound.begin(hub);
  }

  Ref<Guest> add(const std::string& user, const std::string& session = "s") {
    Ref<Guest> guest(new Guest(user, 0, session.empty() ? session : session + "-" + user));
    loop.on([&] { hub.add(*guest); });
    return guest;
  }
  void remove(const Ref<Guest>& guest) {
    loop.on([&] { hub.remove(*guest); });
  }
  void join(const Ref<Guest>& guest, const std::string& room, const JoinWish& wish = {}) {
    loop.on([&] { EXPECT_TRUE(ws::in_room(hub.join(*guest, room, &wish))); });
  }
  // What the broker's thread does once the room is open.
  void open(const std::string& room) {
    inbound.opened(room, wire.openings[room], wire.presence(room));
    loop.run_all();
  }
  bool say(const std::string& room, const std::string& text, Exclusion but = {}) {
    bool anyone = false;
    loop.on([&] {
      anyone = everywhere.broadcast_to_room(room, Numbered(text), std::move(but), appending());
    });
    return anyone;
  }
  Everywhere::Appending appending() {
    return {"", [this](const auto& done) { appended += done.ok(); }};
  }

  FakeLoop loop;
  House house;
  Wire wire;
  Hub hub{{&loop}, HubLimits{}, &house, &wire};
  Inbound inbound{house};
  Everywhere everywhere{hub, &wire};
  int appended = 0;
};

class TwoNodes : public testing::Test {
 protected:
  TwoNodes() {
    one.wire.other = &two.inbound;
    two.wire.other = &one.inbound;
  }
  void run() {
    one.loop.run_all();
    two.loop.run_all();
  }
  // Members on both nodes of an open room.
  void settle(const std::string& room) {
    one.join(alice, room);
    two.join(bob, room);
    one.open(room);
    two.open(room);
    one.loop.run_all();
  }

  Log log;
  Node one{log};
  Node two{log};
  Ref<Guest> alice = one.add("alice");
  Ref<Guest> bob = two.add("bob");
};

}  // namespace microframe::hub
