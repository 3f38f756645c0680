// Two hubs as two nodes: what one does and the other is told.

#include "unit/hub/two_nodes.hpp"

namespace microframe::hub {
namespace {

using Nodes = TwoNodes;

TEST_F(Nodes, AMemberIsSeatedOnceTheRoomHearsTheOthers) {
  one.join(alice, "tea");
  EXPECT_EQ(one.wire.opened, Names{"tea"});
  EXPECT_EQ(alice->entries, 0);
  EXPECT_EQ(one.hub.room_members("tea"), Names{"alice"}) << "in the tables it is a member";
  one.say("tea", "too early");
  one.open("tea");
  EXPECT_EQ(alice->entries, 1);
  one.say("tea", "in time");
  run();
  EXPECT_EQ(alice->heard, Names{"in time"});
  const auto carol = one.add("carol");
  one.join(carol, "tea");
  EXPECT_EQ(carol->entries, 1) << "an open room keeps nobody waiting";
  EXPECT_EQ(one.wire.opened.size(), 1U);
}

TEST_F(Nodes, AWishWaitsWithItsMember) {
  JoinWish wish;
  wish.latest = 2;
  wish.request = 5;
  one.join(alice, "kept", wish);
  one.say("kept", "a");
  one.say("kept", "b");
  EXPECT_TRUE(alice->heard.empty());
  one.open("kept");
  EXPECT_EQ(alice->heard, (Names{"a#1", "b#2"}));
  EXPECT_EQ(alice->joins.size(), 1U);
}

TEST_F(Nodes, WhatIsSentWhileAMemberWaitsIsForIt) {
  const auto plain = one.add("plain", "");
  one.house.now = 1'000;
  one.join(alice, "kept");
  one.loop.on([&] { one.hub.join(*plain, "kept"); });
  Parcel parcel;
  parcel.content = "before";
  one.inbound.appended("kept", {7, 1}, std::chrono::milliseconds(600), parcel);
  one.house.now = 1'001;
  parcel.content = "meanwhile";
  one.inbound.appended("kept", {7, 2}, std::chrono::milliseconds(0), parcel);
  one.open("kept");
  EXPECT_EQ(alice->heard, Names{"meanwhile#2"});
  EXPECT_EQ(plain->heard, Names{"meanwhile#2"});
  const auto late = one.add("late");
  one.join(late, "kept");
  EXPECT_TRUE(late->heard.empty()) << "the room was open";
}

TEST_F(Nodes, WhoLeavesWhileWaitingIsToldBoth) {
  one.join(alice, "tea");
  one.loop.on([&] { EXPECT_TRUE(one.hub.leave(*alice, "tea")); });
  EXPECT_EQ(alice->entries, 1);
  EXPECT_EQ(alice->leaves, 1);
  EXPECT_EQ(one.wire.closed, Names{"tea"});
  one.open("tea");
  EXPECT_EQ(alice->entries, 1);
}

TEST_F(Nodes, WhoLeavesBetweenTwoOfItsPostsIsNotSeatedAgain) {
  for (const char* room : {"tea", "who"}) {
    alice->entries = alice->leaves = 0;
    one.join(alice, room);
    one.join(alice, room);  // waits twice
    one.inbound.opened(room, one.wire.openings[room], {});
    EXPECT_TRUE(one.loop.run_one());
    one.loop.on([&] { EXPECT_TRUE(one.hub.leave(*alice, room)); });
    one.loop.run_all();
    EXPECT_EQ(alice->entries, 1) << room;
    EXPECT_EQ(alice->leaves, 1) << room;
    EXPECT_TRUE(alice->seats().size() == 1) << "among everyone, and not in " << room;
  }
}

TEST_F(Nodes, WhoLeavesBetweenTheOpeningAndItsPostIsToldBoth) {
  one.join(alice, "tea");
  const auto carol = one.add("carol");
  one.join(carol, "tea");
  one.inbound.opened("tea", one.wire.openings["tea"], {});
  one.loop.on([&] { EXPECT_TRUE(one.hub.leave(*alice, "tea")); });
  one.loop.run_all();
  EXPECT_EQ(alice->entries, 1);
  EXPECT_EQ(alice->leaves, 1);
  EXPECT_EQ(carol->entries, 1);
  EXPECT_EQ(carol->leaves, 0);
}

TEST_F(Nodes, WhatWasOpenedAndHasClosedSinceDoesNotOpenItsSuccessor) {
  one.join(alice, "tea");
  const std::uint64_t former = one.wire.openings["tea"];
  one.loop.on([&] { EXPECT_TRUE(one.hub.leave(*alice, "tea")); });
  one.join(alice, "tea");
  one.inbound.opened("tea", former, {});
  one.loop.run_all();
  EXPECT_EQ(alice->entries, 1) << "of the first alone";
  one.inbound.opened("tea", one.wire.openings["tea"], {});
  one.loop.run_all();
  EXPECT_EQ(alice->entries, 2);
}

TEST_F(Nodes, WhoEndsWhileWaitingIsForgotten) {
  one.join(alice, "tea");
  one.remove(alice);
  one.open("tea");
  EXPECT_EQ(one.wire.closed, Names{"tea"});
  EXPECT_EQ(one.hub.rooms(), 0U);
}

TEST_F(Nodes, AJoinByTheApplicationWaitsToo) {
  EXPECT_TRUE(ws::in_room(one.hub.join_user("alice", "tea")));
  run();
  EXPECT_EQ(alice->entries, 0);
  one.open("tea");
  EXPECT_EQ(alice->entries, 1);
}

TEST_F(Nodes, AMessageReachesBothNodesOnce) {
  settle("tea");
  EXPECT_TRUE(one.say("tea", "hello"));
  run();
  EXPECT_EQ(alice->heard, Names{"hello"});
  EXPECT_EQ(bob->heard, Names{"hello"});
}

TEST_F(Nodes, ExcludedUsersAreExcludedEverywhere) {
  settle("tea");
  Exclusion but;
  but.users = {"bob"};
  one.say("tea", "hello", but);
  one.loop.on([&] { one.everywhere.broadcast(frame("all"), but); });
  run();
  EXPECT_EQ(alice->heard, (Names{"hello", "all"}));
  EXPECT_TRUE(bob->heard.empty());
}

TEST_F(Nodes, MessagesOfALogAreNumberedTheSameEverywhere) {
  settle("kept");
  one.say("kept", "a");
  two.say("kept", "b");
  one.say("kept", "c");
  run();
  EXPECT_EQ(alice->heard, (Names{"a#1", "b#2", "c#3"}));
  EXPECT_EQ(bob->heard, alice->heard);
  EXPECT_EQ(one.appended + two.appended, 3);
}

TEST_F(Nodes, ALogLeavesOutTheDeviceThatWasExcluded) {
  settle("kept");
  const auto plain = one.add("plain", "");
  one.join(plain, "kept");
  run();
  Exclusion session;
  session.device = alice;
  one.say("kept", "not for alice's device", session);
  Exclusion device;
  device.device = plain;
  one.say("kept", "not for the plain one", device);
  run();
  EXPECT_EQ(alice->heard, Names{"not for the plain one#2"});
  EXPECT_EQ(plain->heard, Names{"not for alice's device#1"});
  EXPECT_EQ(bob->heard.size(), 2U);
}

TEST_F(Nodes, WhatIsRepeatedOrAheadIsNotDelivered) {
  settle("kept");
  Parcel parcel;
  parcel.content = "x";
  using std::chrono::milliseconds;
  one.inbound.appended("kept", {7, 1}, milliseconds(0), parcel);
  one.inbound.appended("kept", {7, 1}, milliseconds(0), parcel);
  one.inbound.appended("kept", {7, 3}, milliseconds(0), parcel);
  run();
  EXPECT_EQ(alice->heard, Names{"x#1"});
}

TEST_F(Nodes, MembersAreToldWhereALogGoesOn) {
  settle("kept");
  one.say("kept", "a");
  one.inbound.log_moved("kept", {9, 4});
  log.last = {9, 4};
  one.say("kept", "b");
  run();
  EXPECT_EQ(alice->heard, (Names{"a#1", "moved 9#4", "b#5"}));
  const auto carol = one.add("carol");
  JoinWish wish;
  wish.since.emplace();
  wish.since->epoch = "7";
  wish.since->offset = 1;
  one.join(carol, "kept", wish);
  EXPECT_EQ(carol->epoch, "9");
  EXPECT_EQ(carol->joins.back().second, false);
}

TEST_F(Nodes, MessagesOfALogAgeByTheBrokersClock) {
  settle("kept");
  one.house.now = 10'000;
  Parcel parcel;
  parcel.content = "old";
  one.inbound.appended("kept", {7, 1}, std::chrono::milliseconds(900), parcel);
  parcel.content = "new";
  one.inbound.appended("kept", {7, 2}, std::chrono::milliseconds(0), parcel);
  one.house.now = 10'150;
  const auto kept = one.hub.history("kept", 0, 10);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept.front().offset, 2U);
}

TEST_F(Nodes, ARoomOfALogGoesWithItsLastMember) {
  settle("kept");
  one.say("kept", "a");
  one.remove(alice);
  EXPECT_EQ(one.hub.rooms(), 0U);
  EXPECT_EQ(one.wire.closed, Names{"kept"});
  one.say("kept", "nobody is here");
  EXPECT_EQ(one.hub.rooms(), 0U) << "the log keeps it";
}

TEST_F(Nodes, PresenceHoldsThoseOfBothNodes) {
  settle("who");
  EXPECT_EQ(bob->present.size(), 2U) << "alice was there when bob's node opened the room";
  Presence::Users joins;
  joins["carol"].push_back({"c", nullptr});
  // What is so already is told to nobody: a device that moves is on two nodes for a moment.
  for (int i = 0; i < 2; ++i) one.inbound.presence_changed("who", joins, {});
  for (int i = 0; i < 2; ++i) one.inbound.presence_changed("who", {}, joins);
  run();
  EXPECT_EQ(alice->heard, (Names{"+carol", "-carol"}));
  one.inbound.presence_changed("who", joins, {});
  EXPECT_EQ(one.everywhere.presence("who").size(), 2U) << "bob was not told of here";
}

TEST_F(Nodes, ARecordTellsDevicesAndRooms) {
  settle("who");
  const auto second = one.add("alice", "");
  one.join(second, "tea");
  one.open("tea");
  UserRecord record = one.inbound.record("alice");
  EXPECT_EQ(record.present, 2U);
  EXPECT_EQ(record.receiving, 2U);
  ASSERT_EQ(record.rooms.size(), 2U);
  EXPECT_EQ(record.rooms[0].room, "tea");
  EXPECT_TRUE(record.rooms[0].devices.empty());
  EXPECT_EQ(record.rooms[1].room, "who");
  ASSERT_EQ(record.rooms[1].devices.size(), 1U);
  EXPECT_EQ(record.rooms[1].devices[0].id, "s-alice");
  one.loop.on([&] { one.hub.suspend(*alice); });
  record = one.inbound.record("alice");
  EXPECT_EQ(record.present, 1U);
  EXPECT_EQ(record.receiving, 2U);
  EXPECT_TRUE(one.inbound.record("bob").empty());
}

TEST_F(Nodes, EveryChangeOfAUserIsTold) {
  const auto told = [&](auto&& change) {
    one.wire.changes.clear();
    change();
    return one.wire.changes == Names(one.wire.changes.size(), "alice") && !one.wire.changes.empty();
  };
  EXPECT_TRUE(told([&] { one.join(alice, "who"); }));
  EXPECT_TRUE(told([&] { one.open("who"); }));
  EXPECT_TRUE(told([&] { one.loop.on([&] { one.hub.set_presence(*alice, "who", {{"a", 1}}); }); }));
  EXPECT_TRUE(told([&] { one.loop.on([&] { one.hub.suspend(*alice); }); }));
  EXPECT_TRUE(told([&] { one.loop.on([&] { one.hub.resume(*alice); }); }));
  EXPECT_TRUE(told([&] { one.loop.on([&] { one.hub.leave(*alice, "who"); }); }));
  EXPECT_TRUE(told([&] { one.loop.on([&] { one.hub.begin_leave(*alice); }); }));
  EXPECT_TRUE(told([&] { one.remove(alice); }));
}

TEST_F(Nodes, OneDeviceTooManyIsTheOldestOnAnotherNode) {
  const auto second = one.add("bob");
  one.everywhere.limit_devices("bob", 2);
  EXPECT_TRUE(bob->takes_place());
  one.everywhere.limit_devices("bob", 1);
  EXPECT_FALSE(bob->takes_place()) << "it was told to go";
  EXPECT_TRUE(second->takes_place());
  EXPECT_FALSE(two.hub.oldest_of("bob")) << "nobody is told twice";
}

TEST_F(Nodes, TheApplicationsQuestionsAndOrdersMeanBothNodes) {
  EXPECT_EQ(one.everywhere.users(), (Names{"alice", "bob"}));
  EXPECT_EQ(one.everywhere.connections(), 2U);
  EXPECT_EQ(one.everywhere.devices("bob"), 1U);
  EXPECT_EQ(one.everywhere.join_user("bob", "tea"), JoinResult::joined);
  two.open("tea");
  EXPECT_EQ(one.everywhere.room_members("tea"), Names{"bob"});
  EXPECT_EQ(one.everywhere.user_rooms("bob"), Names{"tea"});
  EXPECT_EQ(one.everywhere.room_size("tea"), 1U);
  EXPECT_EQ(one.everywhere.rooms(), Names{"tea"});
  EXPECT_TRUE(one.everywhere.is_in_room("bob", "tea"));
  EXPECT_FALSE(one.everywhere.is_in_room("alice", "tea"));
  EXPECT_FALSE(one.everywhere.is_in_room("bob", "te"));
  EXPECT_TRUE(one.say("tea", "to another node"));
  EXPECT_EQ(one.everywhere.send_to({"alice", "bob", "nobody"}, frame("x")), 2U);
  run();
  EXPECT_EQ(bob->heard, (Names{"to another node", "x"}));
  EXPECT_TRUE(one.everywhere.leave_user("bob", "tea"));
  run();
  EXPECT_EQ(bob->leaves, 1);
  EXPECT_EQ(one.everywhere.disconnect("bob", "why"), 1U);
  EXPECT_EQ(one.everywhere.join_user("nobody", "tea"), JoinResult::not_connected);
}

}  // namespace
}  // namespace microframe::hub
