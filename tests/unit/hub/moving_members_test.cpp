// Members that go from one node to the other, and what they are told on the way.

#include <set>

#include "unit/hub/two_nodes.hpp"

namespace microframe::hub {
namespace {

using MovingMembers = TwoNodes;

TEST_F(MovingMembers, AMessageHasOneNameEverywhere) {
  settle("tea");
  one.say("tea", "in a room");
  one.loop.on([&] {
    one.everywhere.broadcast(frame("for everyone"), {});
    one.everywhere.send_to({"alice", "bob"}, frame("for both"));
  });
  run();
  ASSERT_EQ(alice->marks.size(), 3U);
  EXPECT_EQ(alice->marks, bob->marks);
  EXPECT_EQ(std::set(alice->marks.begin(), alice->marks.end()).size(), 3U);
  EXPECT_FALSE(alice->marks[0] == 0 || alice->marks[1] == 0 || alice->marks[2] == 0);
}

TEST_F(MovingMembers, WhoDepartsIsForgottenWithoutAWord) {
  settle("who");
  const auto carol = one.add("carol");
  one.join(carol, "who");
  const auto there = two.add("alice");
  two.join(there, "who");
  run();
  carol->heard.clear();
  std::vector<Hub::Departed> departed;
  one.loop.on([&] { departed = one.hub.depart(*alice); });
  run();
  ASSERT_EQ(departed.size(), 1U);
  EXPECT_EQ(departed[0].room, "who");
  EXPECT_EQ(alice->leaves, 0);
  EXPECT_EQ(carol->heard, Names()) << "alice is still there, elsewhere";
  EXPECT_EQ(one.hub.room_members("who"), Names{"carol"});
  EXPECT_TRUE(one.hub.members_of("alice").empty());
  EXPECT_TRUE(one.everywhere.presence("who").contains("alice"));
  Presence::Users gone;
  gone["alice"].push_back({"s-alice", nullptr});
  one.inbound.presence_changed("who", {}, gone);
  run();
  EXPECT_EQ(carol->heard, Names{"-alice"});
}

TEST_F(MovingMembers, WhoDepartsAndIsNowhereElseHasLeftForTheOthers) {
  settle("who");
  const auto carol = one.add("carol");
  one.join(carol, "who");
  run();
  carol->heard.clear();
  one.loop.on([&] { one.hub.depart(*alice); });
  run();
  EXPECT_EQ(alice->leaves, 0);
  EXPECT_EQ(carol->heard, Names{"-alice"});
  EXPECT_FALSE(one.everywhere.presence("who").contains("alice"));
}

TEST_F(MovingMembers, WhoArrivesIsToldWhatTheLogHasSinceItDeparted) {
  settle("kept");
  for (Node* node : {&one, &two}) node->inbound.log_moved("kept", {7, 0});
  run();
  alice->heard.clear();
  one.say("kept", "a");
  run();
  std::vector<Hub::Departed> departed;
  const auto there = two.add("alice", "s");
  two.join(there, "kept");
  one.say("kept", "b");
  run();
  one.loop.on([&] { departed = one.hub.depart(*alice); });
  EXPECT_EQ(departed.at(0).heard.epoch, "7");
  EXPECT_EQ(departed.at(0).heard.offset, 2U);
  one.say("kept", "c");
  Since heard;
  heard.epoch = departed[0].heard.epoch;
  heard.offset = departed[0].heard.offset;
  there->heard.clear();
  // What is under way to the loop is in the log already, and is told once.
  two.loop.on([&] { two.hub.arrive_from(*there, "kept", &heard); });
  two.say("kept", "d");
  run();
  EXPECT_EQ(there->heard, (Names{"c#3", "d#4"}));
  EXPECT_EQ(there->joins.back().second, true);
  EXPECT_EQ(alice->heard, (Names{"a#1", "b#2"}));
}

TEST_F(MovingMembers, WhoArrivesIsToldWhereSomethingIsMissing) {
  for (const char* room : {"tea", "kept", "who"}) {
    settle(room);
    const Since nowhere;
    one.loop.on([&] { one.hub.arrive_from(*alice, room, &nowhere); });
    EXPECT_EQ(alice->joins.back().second, false) << room;
    one.loop.on([&] { one.hub.arrive_from(*alice, room, nullptr); });
    const bool is_log = std::string(room) == "kept";
    EXPECT_EQ(alice->joins.back().second == std::optional(false), is_log || room[0] == 't') << room;
  }
}

TEST_F(MovingMembers, WhatIsUnderWayToADepartingMemberWasNotHeardOfALog) {
  settle("kept");
  one.say("kept", "a");
  run();
  // By the broker's thread: it is posted to the loop.
  Parcel parcel;
  parcel.content = "b";
  one.inbound.appended("kept", {7, 2}, std::chrono::milliseconds(0), parcel);
  std::vector<Hub::Departed> departed;
  one.loop.on([&] { departed = one.hub.depart(*alice); });
  run();
  EXPECT_EQ(alice->heard, Names{"a#1"});
  EXPECT_EQ(departed.at(0).heard.offset, 1U);
}

TEST_F(MovingMembers, ADeviceThatHasComeHereIsNotGone) {
  settle("who");
  const auto moved = two.add("alice");
  two.join(moved, "who");
  run();
  bob->heard.clear();
  Presence::Users gone;
  gone["alice"].push_back({"s-alice", nullptr});
  two.inbound.presence_changed("who", {}, gone);
  run();
  EXPECT_EQ(bob->heard, Names());
  EXPECT_TRUE(two.everywhere.presence("who").contains("alice"));
}

TEST_F(MovingMembers, ADeviceThatHasComeHereAndLeftTheRoomIsGone) {
  settle("who");
  const auto moved = two.add("alice");
  two.join(moved, "who");
  two.loop.on([&] { two.hub.leave(*moved, "who"); });
  Presence::Users there;
  there["alice"].push_back({"s-alice", nullptr});
  two.inbound.presence_changed("who", there, {});
  run();
  bob->heard.clear();
  two.inbound.presence_changed("who", {}, there);
  run();
  EXPECT_EQ(bob->heard, Names{"-alice"});
}

}  // namespace
}  // namespace microframe::hub
