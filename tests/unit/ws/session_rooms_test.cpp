// Rooms and tokens of a session of microframe.v1, with a real hub: who answers a join, what a room
// tells, and what is refused.
#include <boost/json/object.hpp>

#include "unit/ws/session_rig.hpp"
#include "ws/encode.hpp"
#include "ws/room_seal.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;

class SessionRooms : public SessionRig {
 protected:
  using SessionRig::SessionRig;

  Lines join(std::uint64_t id, std::string_view room, std::string_view more = "") {
    return text(R"({"t":"join","id":)" + std::to_string(id) + R"(,"room":")" + std::string(room) +
                "\"" + std::string(more) + "}");
  }
  Lines leave(std::uint64_t id, std::string_view room) {
    return text(R"({"t":"leave","id":)" + std::to_string(id) + R"(,"room":")" + std::string(room) +
                "\"}");
  }
  Lines publish(std::string_view room, std::string_view message) {
    const Message text = Message::text(message);
    const Content content(text);
    const RoomSeal seal(content, RoomPost{room, {}, true}, site.counts.sessions);
    on_loop([&] { endpoint_.hub().broadcast_to_room(room, seal, {}); });
    loop.run_all();
    return taken();
  }
};

TEST_F(SessionRooms, JoinIsAnsweredByItsId) {
  begin();
  EXPECT_EQ(join(1, "r"), Lines{R"({"t":"joined","room":"r","id":1})"});
  EXPECT_EQ(endpoint_.hub().room_members("r"), Lines{"alice"});
  EXPECT_EQ(publish("r", "hi"), Lines{R"({"t":"message","room":"r","data":"hi"})"});
}

TEST_F(SessionRooms, LeaveIsAnsweredByItsId) {
  begin();
  join(1, "r");
  EXPECT_EQ(leave(2, "r"), Lines{R"({"t":"left","room":"r","id":2})"});
  EXPECT_TRUE(endpoint_.hub().room_members("r").empty());
  EXPECT_EQ(publish("r", "hi"), Lines{});
}

TEST_F(SessionRooms, RoomsThatTheServerChangesAreToldWithoutAnId) {
  begin();
  on_loop([&] { endpoint_.hub().join(*device, "r"); });
  EXPECT_EQ(taken(), Lines{R"({"t":"joined","room":"r"})"});
  on_loop([&] { endpoint_.hub().leave(*device, "r"); });
  EXPECT_EQ(taken(), Lines{R"({"t":"left","room":"r"})"});
}

TEST_F(SessionRooms, LeaveOfTheServersWithinAJoinAnswersNobody) {
  begin();
  join(1, "r");
  endpoint_.hub().leave(*device, "r");  // from another thread: its loop has not heard of it yet
  EXPECT_EQ(join(2, "r"),
            (Lines{R"({"t":"left","room":"r"})", R"({"t":"joined","room":"r","id":2})"}));
}

TEST_F(SessionRooms, RoomThatCanJoinRefusesIsForbidden) {
  begin();
  EXPECT_EQ(join(1, "secret"), Lines{v1::error(1, "forbidden", "the room is not for you")});
  EXPECT_EQ(rejected, Lines{"forbidden_room can_join"});
  EXPECT_TRUE(endpoint_.hub().room_members("secret").empty());
}

TEST_F(SessionRooms, RoomNameMustBeShortAndNotEmpty) {
  begin();
  const Lines wanted{v1::error(1, "room_name_invalid", "a room's name is 1 to 255 bytes")};
  EXPECT_EQ(join(1, ""), wanted);
  EXPECT_EQ(join(2, std::string(256, 'x')).at(0).find("room_name_invalid") != std::string::npos,
            true);
  EXPECT_EQ(join(3, std::string(255, 'x')).at(0).find("joined") != std::string::npos, true);
  EXPECT_EQ(site.counts.rejections.count(guard::Rejection::room_name), 2U);
}

Limits limits_of_one_room() {
  Limits limits;
  limits.rooms_per_connection_max = 1;
  return limits;
}

class SessionOfOneRoom : public SessionRooms {
 protected:
  SessionOfOneRoom() : SessionRooms(limits_of_one_room()) {}
};

TEST_F(SessionOfOneRoom, OneRoomTooManyIsRefusedAndCounted) {
  begin();
  join(1, "a");
  EXPECT_EQ(join(2, "b"), Lines{v1::error(2, "too_many_rooms", "there are too many rooms")});
  EXPECT_EQ(site.counts.rejections.count(guard::Rejection::too_many_rooms), 1U);
  leave(3, "a");
  EXPECT_EQ(join(4, "b"), Lines{R"({"t":"joined","room":"b","id":4})"});
}

TEST_F(SessionRooms, LeaveOfARoomThatOneIsNotInIsRefused) {
  begin();
  EXPECT_EQ(leave(1, "r"), Lines{v1::error(1, "not_in_room", "you are not in that room")});
  join(2, "r");
  EXPECT_EQ(taken(), Lines{});
  on_loop([&] { endpoint_.hub().leave(*device, "r"); });
  EXPECT_EQ(taken(), Lines{R"({"t":"left","room":"r"})"})
      << "the leave that was refused is over: this one answers nobody";
}

TEST_F(SessionRooms, JoinThatWasRefusedAnswersNoLaterJoin) {
  begin();
  join(1, "");
  on_loop([&] { endpoint_.hub().join(*device, "r"); });
  EXPECT_EQ(taken(), Lines{R"({"t":"joined","room":"r"})"});
}

// --- rooms that keep their messages

TEST_F(SessionRooms, KeptMessagesAreSentToWhoAsksForTheLatest) {
  begin();
  const std::uint64_t replayed = site.counts.sessions.replayed;
  join(1, "kept:r");
  publish("kept:r", "1");
  publish("kept:r", "2");
  publish("kept:r", "3");
  leave(2, "kept:r");
  const Lines told = join(3, "kept:r", R"(,"last":2)");
  ASSERT_EQ(told.size(), 3U);
  const Json joined = boost::json::parse(told[0]);
  EXPECT_EQ(joined.at("id"), 3);
  EXPECT_EQ(joined.at("offset"), 3);
  EXPECT_FALSE(joined.at("epoch").as_string().empty());
  EXPECT_EQ(told[1], R"(again {"t":"message","room":"kept:r","offset":2,"data":"2"})");
  EXPECT_EQ(told[2], R"(again {"t":"message","room":"kept:r","offset":3,"data":"3"})");
  EXPECT_EQ(site.counts.sessions.replayed, replayed + 2);
  EXPECT_GT(charged, told[1].size()) << "A03: it counts as the client's work";
}

TEST_F(SessionRooms, ClientThatSaysWhereItWasIsSentWhatItMissed) {
  begin();
  const Json first = boost::json::parse(join(1, "kept:r").at(0));
  publish("kept:r", "1");
  publish("kept:r", "2");
  leave(2, "kept:r");
  const std::string epoch = microframe::text(first, "epoch");
  const Lines told = join(3, "kept:r", R"(,"since":{"epoch":")" + epoch + R"(","offset":1})");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(boost::json::parse(told[0]).at("recovered"), true);
  EXPECT_EQ(told[1], R"(again {"t":"message","room":"kept:r","offset":2,"data":"2"})");
}

TEST_F(SessionRooms, ClientOfAnotherEpochIsToldThatItHasMissedMessages) {
  begin();
  const Lines told = join(1, "kept:r", R"(,"since":{"epoch":"of another life","offset":1})");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(boost::json::parse(told[0]).at("recovered"), false);
}

// --- presence

TEST_F(SessionRooms, RoomWithPresenceTellsWhoIsThere) {
  begin();
  const Json joined = boost::json::parse(join(1, "seen:r").at(0));
  ASSERT_TRUE(joined.as_object().contains("presence"));
  EXPECT_TRUE(joined.at("presence").as_object().contains("alice"));
  const Json other = boost::json::parse(join(2, "r").at(0));
  EXPECT_FALSE(other.as_object().contains("presence"));
}

// --- tokens

TEST_F(SessionRooms, FreshTokenIsAcknowledged) {
  begin();
  EXPECT_EQ(text(R"({"t":"refresh","id":1,"token":"fresh"})"), Lines{R"({"t":"ack","id":1})"});
}

TEST_F(SessionRooms, TokenThatIsNoGoodIsRefused) {
  begin();
  EXPECT_EQ(text(R"({"t":"refresh","id":1,"token":"stale"})"),
            Lines{v1::error(1, "bad_token", "the token is not good, or another user's")});
}

// --- frames that were kept

TEST_F(SessionRooms, AnswersAndMessagesOfRoomsAreSentAgain) {
  begin();
  join(1, "r");
  publish("r", "hi");
  leave(2, "r");
  on_loop([&] { session->welcome_back(0); });
  const Lines told = taken();
  EXPECT_EQ(Lines(told.begin() + 1, told.end()),
            (Lines{R"(again {"t":"joined","room":"r","id":1})",
                   R"(again {"t":"message","room":"r","data":"hi"})",
                   R"(again {"t":"left","room":"r","id":2})"}));
}

}  // namespace
}  // namespace microframe::ws
