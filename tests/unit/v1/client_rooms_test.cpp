// The rooms of a client: how far each is read, what is asked for in a new session, who is there.
#include "v1/client_rooms.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace microframe::v1 {
namespace {

Json json(const char* text) {
  return boost::json::parse(text);
}

ServerFrame kept(const std::string& room, const std::string& epoch, std::uint64_t offset) {
  ServerFrame frame;
  frame.type = ServerFrame::Type::joined;
  frame.room = room;
  frame.epoch = epoch;
  frame.offset = offset;
  return frame;
}

// What goes into a new session of the frames of the one before.
Outgoing nothing() {
  return Outgoing({10, 1000});
}

// Enters a room that keeps its messages, by a wish of ours.
void enter(ClientRooms& rooms, const std::string& room, std::uint64_t offset) {
  rooms.want(room, false);
  const Outgoing::Frame join(Outgoing::Kind::join, 1, room);
  rooms.joined(kept(room, "e", offset), &join);
}

TEST(ClientRoomsTest, AMessageIsReadOnce) {
  ClientRooms rooms;
  enter(rooms, "r", 4);
  EXPECT_FALSE(rooms.accept("r", 4));
  EXPECT_TRUE(rooms.accept("r", 5));
  EXPECT_FALSE(rooms.accept("r", 5));
  EXPECT_TRUE(rooms.accept("r", 8)) << "offsets may skip";
  EXPECT_FALSE(rooms.accept("r", 7));
  EXPECT_TRUE(rooms.accept("r", std::nullopt));
  EXPECT_TRUE(rooms.accept("unknown", 1));
}

TEST(ClientRoomsTest, APositionIsWhereItStopped) {
  ClientRooms rooms;
  enter(rooms, "b", 4);
  enter(rooms, "a", 1);
  rooms.accept("b", 5);
  EXPECT_EQ(rooms.names(), (std::vector<std::string>{"a", "b"}));
  const auto position = rooms.position("b", "s1");
  ASSERT_TRUE(position);
  EXPECT_EQ(position->epoch, "e");
  EXPECT_EQ(position->offset, 5U);
  EXPECT_EQ(position->session, "s1");
  rooms.begin_anew("s1", nothing());
  EXPECT_EQ(rooms.position("b", "s2")->session, "s1");
  EXPECT_FALSE(rooms.position("unknown", "s2"));
  EXPECT_TRUE(rooms.names().empty());
}

TEST(ClientRoomsTest, ANewSessionAsksForWhatWasMissedInTheOldOne) {
  ClientRooms rooms;
  enter(rooms, "r", 4);
  rooms.accept("r", 5);
  const auto joins = rooms.begin_anew("s1", nothing()).joins;
  ASSERT_EQ(joins.size(), 1U);
  ASSERT_TRUE(joins[0].since);
  EXPECT_EQ(joins[0].since->epoch, "e");
  EXPECT_EQ(joins[0].since->offset, 5U);
  EXPECT_EQ(joins[0].since->session, "s1");

  const auto again = rooms.begin_anew("s2", nothing()).joins;
  ASSERT_EQ(again.size(), 1U) << "the join was not answered in that session either";
  EXPECT_EQ(again[0].since->session, "s1") << "where it had read so far";

  ServerFrame frame = kept("r", "e", 7);
  frame.recovered = true;
  const JoinedRoom told = rooms.joined(std::move(frame), &again[0]);
  EXPECT_TRUE(told.again);
  EXPECT_EQ(told.recovered, true);
  EXPECT_TRUE(rooms.accept("r", 6)) << "what was missed follows";
  EXPECT_TRUE(rooms.accept("r", 7));
}

// As when the session goes on on another node, which has the room from its log.
TEST(ClientRoomsTest, WhatWasMissedFollowsTheServersOwnJoined) {
  ClientRooms rooms;
  enter(rooms, "r", 4);
  rooms.accept("r", 5);
  ServerFrame frame = kept("r", "e", 7);
  frame.recovered = true;
  const JoinedRoom told = rooms.joined(ServerFrame(frame), nullptr);
  EXPECT_FALSE(told.again);
  EXPECT_EQ(told.recovered, true);
  EXPECT_FALSE(rooms.accept("r", 5));
  EXPECT_TRUE(rooms.accept("r", 6) && rooms.accept("r", 7));
  frame.epoch = "e2";
  rooms.joined(std::move(frame), nullptr);
  EXPECT_FALSE(rooms.accept("r", 7)) << "another epoch";
}

TEST(ClientRoomsTest, WhatCannotBeRecoveredIsTold) {
  ClientRooms rooms;
  enter(rooms, "r", 4);
  const auto joins = rooms.begin_anew("s1", nothing()).joins;
  ServerFrame frame = kept("r", "e2", 9);
  frame.recovered = false;
  EXPECT_EQ(rooms.joined(std::move(frame), &joins[0]).recovered, false);
  EXPECT_FALSE(rooms.accept("r", 9));
  EXPECT_TRUE(rooms.accept("r", 10));
}

TEST(ClientRoomsTest, TheLatestOnesOnRequestAreNew) {
  ClientRooms rooms;
  rooms.want("r", false);
  Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  join.last = 2;
  rooms.joined(kept("r", "e", 9), &join);
  EXPECT_TRUE(rooms.accept("r", 8));
  EXPECT_TRUE(rooms.accept("r", 9));
  EXPECT_FALSE(rooms.accept("r", 9));
}

TEST(ClientRoomsTest, ARoomWithoutHistoryIsJoinedAgainWithoutIt) {
  ClientRooms rooms;
  rooms.want("r", false);
  ServerFrame frame;
  frame.room = "r";
  const Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  rooms.joined(std::move(frame), &join);
  const auto joins = rooms.begin_anew("s1", nothing()).joins;
  ASSERT_EQ(joins.size(), 1U);
  EXPECT_FALSE(joins[0].since);
  ServerFrame again;
  again.room = "r";
  EXPECT_EQ(rooms.joined(std::move(again), &joins[0]).recovered, false)
      << "nobody knows what was missed";
}

TEST(ClientRoomsTest, ARoomThatTheServerChoseIsItsToChooseAgain) {
  ClientRooms rooms;
  EXPECT_TRUE(rooms.joined(kept("r", "e", 4), nullptr).by_server);
  const auto anew = rooms.begin_anew("s1", nothing());
  EXPECT_TRUE(anew.joins.empty());
  EXPECT_EQ(anew.lost, std::vector<std::string>{"r"});
  EXPECT_EQ(rooms.joined(kept("r", "e", 4), nullptr).recovered, true) << "nobody has written since";
  rooms.begin_anew("s2", nothing());
  EXPECT_EQ(rooms.joined(kept("r", "e", 5), nullptr).recovered, false);
  rooms.begin_anew("s3", nothing());
  EXPECT_EQ(rooms.joined(kept("r", "e2", 5), nullptr).recovered, false) << "another epoch";
  rooms.begin_anew("s4", nothing());
  rooms.begin_anew("s5", nothing());
  EXPECT_FALSE(rooms.joined(kept("r", "e2", 5), nullptr).recovered) << "it was not there in s5";
  ServerFrame bare;
  bare.room = "bare";
  EXPECT_FALSE(rooms.joined(ServerFrame(bare), nullptr).recovered);
  rooms.begin_anew("s6", nothing());
  EXPECT_EQ(rooms.joined(ServerFrame(bare), nullptr).recovered, false);
}

TEST(ClientRoomsTest, WhatIsLeftIsNotAskedForAgain) {
  ClientRooms rooms;
  enter(rooms, "a", 1);
  enter(rooms, "b", 1);
  enter(rooms, "c", 1);
  rooms.left("a", false);
  rooms.forsake("b");
  const auto joins = rooms.begin_anew("s1", nothing()).joins;
  ASSERT_EQ(joins.size(), 1U);
  EXPECT_EQ(joins[0].content, "c");
}

TEST(ClientRoomsTest, AJoinThatWasNeverGrantedIsAskedForByItsOwnFrame) {
  ClientRooms rooms;
  rooms.want("r", false);
  EXPECT_TRUE(rooms.begin_anew("s1", nothing()).joins.empty());
  rooms.forsake("r");
  EXPECT_TRUE(rooms.begin_anew("s2", nothing()).joins.empty());
}

TEST(ClientRoomsTest, WhatComesBeforeItsOwnJoinIsAnsweredComesAgain) {
  ClientRooms rooms;
  enter(rooms, "r", 4);
  const auto joins = rooms.begin_anew("s1", nothing()).joins;
  EXPECT_TRUE(rooms.joined(kept("r", "e", 6), nullptr).by_server);
  EXPECT_FALSE(rooms.accept("r", 7)) << "passed over";
  ServerFrame frame = kept("r", "e", 7);
  frame.recovered = true;
  const JoinedRoom told = rooms.joined(std::move(frame), &joins[0]);
  EXPECT_TRUE(told.again);
  EXPECT_TRUE(rooms.accept("r", 5) && rooms.accept("r", 6) && rooms.accept("r", 7));
  EXPECT_FALSE(rooms.accept("r", 7));
}

TEST(ClientRoomsTest, WhatWasPassedOverForARefusedJoinIsAGap) {
  ClientRooms rooms;
  enter(rooms, "r", 4);
  enter(rooms, "gone", 4);
  rooms.begin_anew("s1", nothing());
  rooms.joined(kept("r", "e", 6), nullptr);
  EXPECT_FALSE(rooms.accept("r", 7));
  const auto still_in = rooms.refused("r");
  ASSERT_TRUE(still_in);
  EXPECT_EQ(still_in->recovered, false);
  EXPECT_TRUE(rooms.accept("r", 8));
  EXPECT_FALSE(rooms.refused("gone"));
  EXPECT_FALSE(rooms.refused("unknown"));
  EXPECT_EQ(rooms.begin_anew("s2", nothing()).lost, std::vector<std::string>{"r"});
}

TEST(ClientRoomsTest, TheLatestOnesOnRequestAreNotToldTwice) {
  ClientRooms rooms;
  rooms.joined(kept("r", "e", 4), nullptr);
  EXPECT_TRUE(rooms.accept("r", 5));
  rooms.want("r", false);
  Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  join.last = 2;
  rooms.joined(kept("r", "e", 6), &join);
  EXPECT_FALSE(rooms.accept("r", 5));
  EXPECT_TRUE(rooms.accept("r", 6));
}

TEST(ClientRoomsTest, E22_TheLatestOnesAreToldThoughTheServerHadPutUsIntoTheRoom) {
  ClientRooms rooms;
  rooms.want("r", false);
  rooms.joined(kept("r", "e", 7), nullptr);
  Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  join.last = 20;
  rooms.joined(kept("r", "e", 7), &join);
  for (std::uint64_t offset = 1; offset <= 7; ++offset) EXPECT_TRUE(rooms.accept("r", offset));
  for (std::uint64_t offset = 1; offset <= 7; ++offset) EXPECT_FALSE(rooms.accept("r", offset));
  EXPECT_TRUE(rooms.accept("r", 8));
  EXPECT_EQ(rooms.position("r", "s1")->offset, 8U);
}

TEST(ClientRoomsTest, E22_TheLatestOnesAreToldOnceThoughSomeWereToldBefore) {
  ClientRooms rooms;
  rooms.joined(kept("r", "e", 4), nullptr);
  EXPECT_TRUE(rooms.accept("r", 5));
  rooms.want("r", false);
  Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  join.last = 3;
  rooms.joined(kept("r", "e", 6), &join);
  EXPECT_TRUE(rooms.accept("r", 4));
  EXPECT_FALSE(rooms.accept("r", 4));
  EXPECT_FALSE(rooms.accept("r", 5)) << "told before";
  EXPECT_TRUE(rooms.accept("r", 6));
  join.last = 5;
  rooms.joined(kept("r", "e", 6), &join);
  EXPECT_TRUE(rooms.accept("r", 2));
  EXPECT_TRUE(rooms.accept("r", 3));
  EXPECT_FALSE(rooms.accept("r", 4)) << "told by the request before";
  EXPECT_FALSE(rooms.accept("r", 5));
  EXPECT_FALSE(rooms.accept("r", 6));
  EXPECT_TRUE(rooms.accept("r", 7));
}

TEST(ClientRoomsTest, C22_WhatComesBeforeTheLatestOnesDoIsToldBehindThemAndOnce) {
  ClientRooms rooms;
  rooms.joined(kept("r", "e", 3), nullptr);
  EXPECT_TRUE(rooms.accept("r", 4));
  rooms.want("r", true);
  Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  join.last = 20;
  EXPECT_FALSE(rooms.accept("r", 5)) << "comes again";
  EXPECT_EQ(rooms.position("r", "s")->offset, 4U) << "what the join tells";
  ServerFrame answer = kept("r", "e", 5);
  answer.recovered = true;
  rooms.joined(std::move(answer), &join);
  for (const std::uint64_t offset : {1, 2, 3}) EXPECT_TRUE(rooms.accept("r", offset));
  EXPECT_FALSE(rooms.accept("r", 4)) << "told before";
  EXPECT_TRUE(rooms.accept("r", 5));
  EXPECT_TRUE(rooms.accept("r", 6));
}

TEST(ClientRoomsTest, C22_JoinsThatAreUnderWayTogetherHaveEachTheirWish) {
  ClientRooms rooms;
  rooms.joined(kept("r", "e", 5), nullptr);
  for (int i = 0; i < 3; ++i) rooms.want("r", i != 0);
  Outgoing::Frame join(Outgoing::Kind::join, 1, "r");
  EXPECT_FALSE(rooms.accept("r", 6));
  rooms.joined(kept("r", "e", 6), &join, true);
  EXPECT_FALSE(rooms.accept("r", 7));
  join.last = 2;
  rooms.joined(kept("r", "e", 7), &join, true);
  EXPECT_TRUE(rooms.accept("r", 6)) << "of the first";
  EXPECT_TRUE(rooms.accept("r", 7));
  EXPECT_FALSE(rooms.accept("r", 8)) << "comes again behind the answer to the second";
  join.last = 5;
  rooms.joined(kept("r", "e", 8), &join, false);
  EXPECT_TRUE(rooms.accept("r", 4) && rooms.accept("r", 5));
  EXPECT_FALSE(rooms.accept("r", 6) || rooms.accept("r", 7));
  EXPECT_TRUE(rooms.accept("r", 8) && rooms.accept("r", 9));
}

TEST(ClientRoomsTest, C22_NothingPassedOverIsNoGap) {
  ClientRooms rooms;
  rooms.joined(kept("r", "e", 3), nullptr);
  rooms.want("r", true);
  EXPECT_FALSE(rooms.refused("r"));
  rooms.want("r", true);
  EXPECT_FALSE(rooms.accept("r", 4));
  EXPECT_FALSE(rooms.refused("r", true)) << "the other join is not answered yet";
  const auto told = rooms.refused("r");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->recovered, false);
  EXPECT_TRUE(rooms.accept("r", 5));
}

TEST(ClientRoomsTest, E37_RoomsAreBounded) {
  ClientRooms rooms(ClientRooms::Bounds{2, 100});
  EXPECT_TRUE(rooms.takes("a"));
  rooms.joined(kept("a", "e", 1), nullptr);
  EXPECT_FALSE(rooms.takes(std::string(100, 'x'))) << "bytes count too";
  rooms.joined(kept("b", "e", 1), nullptr);
  EXPECT_FALSE(rooms.takes("c"));
  EXPECT_TRUE(rooms.takes("a"));
  EXPECT_FALSE(rooms.takes("a", std::string(257, 'e'))) << "an epoch is a word";
  rooms.left("a", false);
  EXPECT_TRUE(rooms.takes("c"));
}

TEST(ClientRoomsTest, E37_PresenceIsBoundedAndIsThenNotKnown) {
  ClientRooms rooms(ClientRooms::Bounds{10, 10'000});
  ServerFrame frame;
  frame.room = "r";
  frame.presence = json("{}");
  rooms.joined(std::move(frame), nullptr);
  const auto change = [](int device) {
    return json(("{\"u\":[{\"device\":\"" + std::to_string(device) + "\"}]}").c_str());
  };
  for (int i = 0; i < 1'000; ++i)
    ASSERT_TRUE(rooms.change_presence("r", change(i % 3), change(i % 3 + 1)))
        << "who comes and goes takes no more room than who stays: " << i;
  int known = 0;
  for (int i = 0; i < 1'000 && rooms.change_presence("r", change(i), json("{}")); ++i) ++known;
  EXPECT_LT(known, 200);
  EXPECT_TRUE(rooms.presence("r").is_null());
  EXPECT_FALSE(rooms.knows_presence("r"));
  EXPECT_TRUE(rooms.is_in("r"));
}

TEST(ClientRoomsTest, E37_UserWithTooManyDevicesIsNotLookedThroughAgainAndAgain) {
  std::string devices;
  for (std::size_t i = 0; i <= ClientRooms::kDevicesMax; ++i)
    devices += (i == 0 ? "" : ",") + ("{\"device\":\"" + std::to_string(i) + "\"}");
  ClientRooms rooms;
  ServerFrame frame;
  frame.room = "r";
  frame.presence = json(("{\"u\":[" + devices + "]}").c_str());
  rooms.joined(std::move(frame), nullptr);
  EXPECT_FALSE(rooms.knows_presence("r"));
}

TEST(ClientRoomsTest, PresenceFollowsItsDifferences) {
  ClientRooms rooms;
  ServerFrame frame;
  frame.room = "r";
  frame.presence = json(R"({"alice":[{"device":"1","meta":{}},{"device":"2","meta":{}}]})");
  rooms.joined(std::move(frame), nullptr);

  EXPECT_TRUE(rooms.change_presence("r", json(R"({"bob":[{"device":"3","meta":{"at":"desk"}}]})"),
                                    json("{}")));
  EXPECT_TRUE(rooms.change_presence(
      "r", json("{}"), json(R"({"alice":[{"device":"1"}],"carol":[{"device":"9"}]})")));
  EXPECT_EQ(
      rooms.presence("r"),
      json(R"({"alice":[{"device":"2","meta":{}}],"bob":[{"device":"3","meta":{"at":"desk"}}]})"));
  rooms.change_presence("r", json(R"({"bob":[{"device":"3","meta":{"at":"sea"}}]})"), json("{}"));
  EXPECT_EQ(rooms.presence("r").at("bob"), json(R"([{"device":"3","meta":{"at":"sea"}}])"))
      << "in its place";
  rooms.change_presence("r", json(R"({"alice":[{"device":"2","meta":1}]})"),
                        json(R"({"alice":[{"device":"2"}]})"));
  EXPECT_EQ(rooms.presence("r").at("alice"), json(R"([{"device":"2","meta":1}])"))
      << "out first, then in";
  rooms.change_presence("r", json("{}"),
                        json(R"({"alice":[{"device":"2"}],"bob":[{"device":"3"}]})"));
  EXPECT_EQ(rooms.presence("r"), json("{}")) << "a user is there while a device is";

  EXPECT_FALSE(rooms.change_presence("other", json("{}"), json("{}")));
  EXPECT_TRUE(rooms.presence("other").is_null());
  rooms.change_presence("r", json(R"({"x":7,"y":[1]})"), json(R"([])"));  // nonsense does no harm
  rooms.begin_anew("s1", nothing());
  EXPECT_TRUE(rooms.presence("r").is_null()) << "not known any more";
}

}  // namespace
}  // namespace microframe::v1
