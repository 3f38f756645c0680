// Users, rooms and deliveries of one hub, with loops that are queues which a test runs in whatever
// order it likes.

#include "hub/hub.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "support/fake_loop.hpp"
#include "unit/hub/frame.hpp"

namespace microframe::hub {
namespace {

using base::Frame;
using base::Ref;
using test::FakeLoop;

class Inbox final : public Member {
 public:
  using Member::Member;
  void deliver(const Frame& frame) override {
    received.emplace_back(base::as_text(frame.plain().bytes()));
    last = frame;
  }
  void left(std::string_view room) override { lefts.emplace_back(room); }
  Names received;
  Names lefts;
  Frame last;
};

class HubTest : public testing::Test {
 protected:
  Ref<Inbox> add(const std::string& user, std::size_t loop = 0) {
    Ref<Inbox> member(new Inbox(user, loop));
    loops[loop].on([&] { replaced = hub.add(*member); });
    return member;
  }
  void begin_leave(const Ref<Inbox>& member) {
    loops[member->loop()].on([&] { hub.begin_leave(*member); });
  }
  void remove(const Ref<Inbox>& member) {
    loops[member->loop()].on([&] { hub.remove(*member); });
  }
  void run_all() {
    while (loops[0].waiting() + loops[1].waiting() != 0) {
      loops[0].run_all();
      loops[1].run_all();
    }
  }

  static HubLimits limits() {
    HubLimits result;
    result.devices_per_user_max = 3;
    result.rooms_per_member_max = 4;
    result.rooms_max = 6;
    result.room_name_bytes_max = 10;
    return result;
  }
  FakeLoop loops[2];
  Hub hub{{&loops[0], &loops[1]}, limits()};
  Ref<Member> replaced;
};

TEST_F(HubTest, KnowsWhoIsConnectedOnEveryLoop) {
  const auto alice = add("alice", 0);
  const auto bob = add("bob", 1);
  const auto again = add("alice", 1);
  EXPECT_EQ(hub.users(), (Names{"alice", "bob"}));
  EXPECT_EQ(hub.connections(), 3U);
  EXPECT_EQ(hub.devices("alice"), 2U);
  EXPECT_EQ(hub.devices("carol"), 0U);
  remove(alice);
  EXPECT_EQ(hub.users(), (Names{"alice", "bob"}));
  remove(again);
  EXPECT_EQ(hub.users(), Names{"bob"});
  remove(bob);
  EXPECT_TRUE(hub.users().empty());
  EXPECT_EQ(hub.connections(), 0U);
}

TEST_F(HubTest, ReturnsTheOldestDeviceOfAUserWithOneTooMany) {
  const auto first = add("alice");
  const auto second = add("alice", 1);
  const auto third = add("alice");
  EXPECT_FALSE(replaced);
  const auto fourth = add("alice");
  EXPECT_EQ(replaced.get(), first.get());
  // The first goes on its own loop, later: meanwhile another one comes.
  const auto fifth = add("alice");
  EXPECT_EQ(replaced.get(), second.get());
  for (const auto& member : {first, second, third, fourth, fifth}) remove(member);
}

TEST_F(HubTest, BroadcastReachesEveryoneOnceByOnePostPerLoop) {
  const auto a = add("a", 0);
  const auto b = add("b", 1);
  const auto c = add("c", 1);
  loops[0].on([&] { hub.broadcast(frame("hi"), {}); });
  EXPECT_EQ(a->received, Names{"hi"});
  EXPECT_EQ(loops[1].waiting(), 1U);
  run_all();
  EXPECT_EQ(b->received, Names{"hi"});
  EXPECT_EQ(c->received, Names{"hi"});
  for (const auto& member : {a, b, c}) remove(member);
}

// Loops that count references to one frame wait for each other, so each gets a copy.
TEST_F(HubTest, ManyReceiversOnAnotherLoopShareAFrameOfTheirOwn) {
  std::vector<Ref<Inbox>> members;
  for (std::size_t i = 0; i < 8; ++i) {
    members.push_back(add("u" + std::to_string(i), i % 2));
    loops[i % 2].on([&] { EXPECT_TRUE(ws::in_room(hub.join(*members.back(), "r"))); });
  }
  const auto place = [&](std::size_t member) {
    return members[member]->last.plain().bytes().data();
  };
  for (const bool room : {false, true}) {
    const Frame said = frame("hi");
    loops[0].on(
        [&] { room ? void(hub.broadcast_to_room("r", said, {})) : hub.broadcast(said, {}); });
    run_all();
    for (const std::size_t here : {0U, 2U, 4U, 6U})
      EXPECT_EQ(place(here), said.plain().bytes().data());
    for (const std::size_t there : {1U, 3U, 5U, 7U}) EXPECT_EQ(place(there), place(1));
    EXPECT_NE(place(1), said.plain().bytes().data());
    EXPECT_EQ(members[1]->received.back(), "hi");
  }
  const Frame long_one = frame(std::string(100'000, 'x'));
  loops[0].on([&] { hub.broadcast(long_one, {}); });
  run_all();
  EXPECT_EQ(place(1), long_one.plain().bytes().data()) << "it costs more to copy";
  for (const auto& member : members) remove(member);
}

TEST_F(HubTest, PostsNothingToALoopWithoutReceivers) {
  const auto a = add("a", 0);
  loops[0].on([&] {
    hub.join(*a, "r");
    hub.broadcast(frame("x"), {});
    hub.broadcast_to_room("r", frame("y"), {});
  });
  EXPECT_EQ(loops[1].waiting(), 0U);
  remove(a);
}

TEST_F(HubTest, ExcludesUsersAndOneDevice) {
  const auto a1 = add("a", 0);
  const auto a2 = add("a", 1);
  const auto b = add("b", 1);
  Exclusion users;
  users.users = {"a"};
  hub.broadcast(frame("not a"), users);
  Exclusion device;
  device.device = Ref<Member>(a1.get());
  hub.broadcast(frame("not a1"), device);
  run_all();
  EXPECT_TRUE(a1->received.empty());
  EXPECT_EQ(a2->received, Names{"not a1"});
  EXPECT_EQ(b->received, (Names{"not a", "not a1"}));
  for (const auto& member : {a1, a2, b}) remove(member);
}

TEST_F(HubTest, SendsToEveryDeviceOfAUserAndSaysWhetherThereWasOne) {
  const auto a1 = add("a", 0);
  const auto a2 = add("a", 1);
  EXPECT_TRUE(hub.send_to("a", frame("x")));
  EXPECT_FALSE(hub.send_to("b", frame("x")));
  run_all();
  EXPECT_EQ(a1->received, Names{"x"});
  EXPECT_EQ(a2->received, Names{"x"});
  begin_leave(a1);
  begin_leave(a2);
  EXPECT_FALSE(hub.send_to("a", frame("y")));
  remove(a1);
  remove(a2);
}

TEST_F(HubTest, JoinsAndLeavesByDeviceAndByUser) {
  const auto a1 = add("a", 0);
  const auto a2 = add("a", 1);
  EXPECT_EQ(hub.join(*a1, "r"), JoinResult::joined);
  EXPECT_EQ(hub.join(*a1, "r"), JoinResult::already_in);
  EXPECT_EQ(hub.join_user("a", "r"), JoinResult::joined);
  EXPECT_EQ(hub.join_user("a", "r"), JoinResult::already_in);
  EXPECT_EQ(hub.join_user("ghost", "r"), JoinResult::not_connected);
  EXPECT_EQ(hub.room_members("r"), Names{"a"});
  EXPECT_TRUE(hub.leave(*a1, "r"));
  EXPECT_FALSE(hub.leave(*a1, "r"));
  EXPECT_EQ(hub.room_members("r"), Names{"a"});
  EXPECT_TRUE(hub.leave_user("a", "r"));
  EXPECT_FALSE(hub.leave_user("a", "r"));
  EXPECT_TRUE(hub.room_members("r").empty());
  EXPECT_EQ(hub.rooms(), 0U);
  run_all();
  remove(a1);
  remove(a2);
}

TEST_F(HubTest, LimitsRoomsAndNames) {
  const auto a = add("a");
  const auto b = add("b");
  EXPECT_EQ(hub.join(*a, ""), JoinResult::name_invalid);
  EXPECT_EQ(hub.join(*a, std::string(11, 'r')), JoinResult::name_invalid);
  EXPECT_EQ(hub.join(*a, std::string(10, 'r')), JoinResult::joined);
  for (const char* name : {"1", "2", "3"}) EXPECT_EQ(hub.join(*a, name), JoinResult::joined);
  EXPECT_EQ(hub.join(*a, "4"), JoinResult::too_many_rooms);
  for (const char* name : {"5", "6"}) EXPECT_EQ(hub.join(*b, name), JoinResult::joined);
  EXPECT_EQ(hub.join(*b, "7"), JoinResult::too_many_rooms);  // the hub has six
  EXPECT_EQ(hub.join(*b, "1"), JoinResult::joined);
  EXPECT_EQ(hub.rooms(), 6U);
  run_all();
  remove(a);
  EXPECT_EQ(hub.rooms(), 3U);
  remove(b);
  EXPECT_EQ(hub.rooms(), 0U);
}

TEST_F(HubTest, RoomsAreCountedByUsersAndAskedOfUsersAndDevices) {
  const auto a1 = add("a");
  const auto a2 = add("a");
  const auto b = add("b");
  EXPECT_TRUE(hub.room_names().empty());
  EXPECT_EQ(hub.room_size("r"), 0U);
  hub.join(*a1, "r");
  hub.join(*a2, "r");
  hub.join(*b, "r");
  hub.join(*b, "q");
  EXPECT_EQ(hub.room_names(), (Names{"q", "r"}));
  EXPECT_EQ(hub.room_size("r"), 2U) << "a user with two devices counts once";
  EXPECT_TRUE(hub.is_in_room("a", "r", nullptr));
  EXPECT_TRUE(hub.is_in_room("a", "r", a1.get()));
  EXPECT_FALSE(hub.is_in_room("a", "q", nullptr));
  EXPECT_FALSE(hub.is_in_room("nobody", "r", nullptr));
  EXPECT_FALSE(hub.is_in_room("a", "none", nullptr));
  hub.leave(*a1, "r");
  EXPECT_FALSE(hub.is_in_room("a", "r", a1.get()));
  EXPECT_TRUE(hub.is_in_room("a", "r", a2.get()));
  EXPECT_TRUE(hub.is_in_room("a", "r", nullptr));
  hub.leave(*b, "q");
  EXPECT_EQ(hub.room_names(), Names{"r"});
  run_all();
}

TEST_F(HubTest, LeavingDeviceKeepsItsRoomsUntilItIsRemoved) {
  const auto a = add("a");
  hub.join(*a, "r");
  run_all();
  begin_leave(a);
  EXPECT_TRUE(hub.is_in_room("a", "r", a.get()));
  EXPECT_EQ(hub.room_size("r"), 0U);
  EXPECT_TRUE(hub.room_names().empty());
  EXPECT_EQ(hub.user_rooms("a"), Names{"r"});
  EXPECT_EQ(hub.rooms_of(*a), Names{"r"});
  EXPECT_TRUE(hub.room_members("r").empty());
  EXPECT_FALSE(hub.broadcast_to_room("r", frame("x"), {}));
  EXPECT_EQ(hub.join(*a, "s"), JoinResult::not_connected);
  remove(a);
  EXPECT_TRUE(hub.user_rooms("a").empty());
}

TEST_F(HubTest, JoinFromElsewhereComesBeforeTheMessageThatFollowsIt) {
  const auto a = add("a", 1);
  loops[0].on([&] {
    hub.join(*a, "r");
    EXPECT_EQ(hub.room_members("r"), Names{"a"});  // at once, though the loop has not seen it
    EXPECT_TRUE(hub.broadcast_to_room("r", frame("x"), {}));
    hub.leave(*a, "r");
    hub.broadcast_to_room("r", frame("y"), {});
  });
  run_all();
  EXPECT_EQ(a->received,
            Names{"x"});  // sent while it was a member, though it had left before its loop ran
  remove(a);
}

TEST_F(HubTest, PostsThatRunAfterTheMembersRemovalDoNothing) {
  const auto a = add("a", 1);
  hub.join(*a, "r");
  hub.send_to("a", frame("x"));
  remove(a);
  run_all();
  EXPECT_TRUE(hub.room_members("r").empty());
}

TEST_F(HubTest, MemberHearsOfALeaveFromElsewhereBeforeItIsRemoved) {
  const auto a = add("a", 1);
  loops[1].on([&] {
    for (const char* room : {"r", "s"}) hub.join(*a, room);
  });
  loops[0].on([&] { hub.leave_user("a", "r"); });
  remove(a);
  EXPECT_EQ(a->lefts, (Names{"r", "s"}));
  run_all();
  EXPECT_EQ(a->lefts, (Names{"r", "s"})) << "the post has nothing left to do";
}

TEST_F(HubTest, ListsAgreeWithTablesWhateverTheOrderOfPosts) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::vector<Ref<Inbox>> members;
    for (int i = 0; i < 6; ++i) members.push_back(add("u" + std::to_string(i % 4), random() % 2));
    for (int step = 0; step < 200; ++step) {
      const auto& member = members[random() % members.size()];
      const std::string room = "r" + std::to_string(random() % 3);
      loops[random() % 2].on([&] {
        switch (random() % 4) {
          case 0:
            hub.join(*member, room);
            break;
          case 1:
            hub.leave(*member, room);
            break;
          case 2:
            hub.join_user(member->user(), room);
            break;
          case 3:
            hub.leave_user(member->user(), room);
            break;
        }
      });
      if (random() % 3 == 0) loops[random() % 2].run_one();
    }
    run_all();
    for (const auto& member : members) member->received.clear();
    for (const char* room : {"r0", "r1", "r2"}) hub.broadcast_to_room(room, frame(room), {});
    run_all();
    for (const auto& member : members) {
      Names received = member->received;
      std::sort(received.begin(), received.end());
      ASSERT_EQ(received, hub.rooms_of(*member)) << "seed " << seed;
    }
    for (const auto& member : members) remove(member);
    ASSERT_EQ(hub.rooms(), 0U);
  }
}

}  // namespace
}  // namespace microframe::hub
