// Messages and controls of microframe.v1 and their hooks: whose turn it is, and what can_join says.
#include <boost/json/object.hpp>

#include "unit/ws/hook_rig.hpp"

namespace microframe::ws {
namespace {

class HookSessions : public HookRig {};

TEST_F(HookSessions, MessageHasATurnThatEndsWithItsHook) {
  hooks.on_json = json_now;
  connect();
  session_message(7, Json{{"a", 1}});
  EXPECT_EQ(taken(), (Log{"turn 7", R"(json {"a":1})", "turn done"}));
}

TEST_F(HookSessions, TurnLastsAsLongAsTheHookWaits) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  session_message(1, 10);
  session_message(2, 20);
  EXPECT_EQ(taken(), (Log{"turn 1", "json begins"}));
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 10", "turn done", "turn 2", "json begins"}));
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 20", "turn done", "idle"}));
}

TEST_F(HookSessions, RawHookIsGivenTheTextOfTheMessage) {
  hooks.on_raw = raw_now;
  connect();
  session_message(1, "a string");
  session_message(2, Json{{"a", 1}});
  EXPECT_EQ(taken(), (Log{"turn 1", "raw text a string", "turn done", "turn 2",
                          R"(raw text {"a":1})", "turn done"}));
}

TEST_F(HookSessions, RawHookThatWaitsKeepsTheTextOfTheMessage) {
  hooks.on_raw = raw_waits;
  hooks.message_waits = true;
  connect();
  session_message(1, "a string that is longer than any small one");
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"turn 1", "raw begins", "raw ends text a string that is longer than any small one",
                 "turn done", "idle"}));
}

TEST_F(HookSessions, BytesHaveATurnToo) {
  hooks.on_json = json_now;
  hooks.on_binary = binary_now;
  connect();
  runner.session_binary({3, base::as_bytes("b"), {}});
  EXPECT_EQ(taken(), (Log{"turn 3", "bytes b", "turn done"}));
}

TEST_F(HookSessions, BytesThatNoHookTakesAreRefusedInTheirTurn) {
  hooks.on_json = json_now;
  connect();
  runner.session_binary({3, base::as_bytes("b"), {}});
  session_message(4, 1);
  EXPECT_EQ(
      taken(),
      (Log{"turn 3", "bad message binary_not_supported: this endpoint takes JSON text messages",
           "turn 4", "json 1", "turn done"}));
}

TEST_F(HookSessions, QueuedFramesKeepTheirOrderAndCountAsTheyCame) {
  hooks.on_connect = connect_waits;
  hooks.on_json = json_now;
  hooks.on_binary = binary_now;
  hooks.can_join = can_join_now;
  connect();
  session_message(1, 10);                                    // 10 bytes
  runner.session_binary({2, base::as_bytes("four"), {}});    // 4
  join(3, "open");                                           // 20
  session_control(v1::ClientFrame::Type::leave, 4, "open");  // 20
  EXPECT_EQ(runner.queued_bytes(), 4 * sizeof(HookJob) + 10 + 4 + 20 + 20);
  taken();
  gate.open();
  EXPECT_EQ(taken(), (Log{"connect ends", "turn 1", "json 10", "turn done", "turn 2", "bytes four",
                          "turn done", "turn 3", "can join open", "control open allowed", "turn 4",
                          "control open allowed", "idle"}));
  EXPECT_EQ(runner.queued_bytes(), 0U);
}

TEST_F(HookSessions, LeaveAndRefreshNeedNoHook) {
  hooks.can_join = can_join_now;
  connect();
  session_control(v1::ClientFrame::Type::leave, 1, "r");
  session_control(v1::ClientFrame::Type::refresh, 2, "token");
  EXPECT_EQ(taken(), (Log{"turn 1", "control r allowed", "turn 2", "control token allowed"}));
}

TEST_F(HookSessions, NobodyMayJoinWhereNoHookAllowsIt) {
  connect();
  join(1, "open");
  EXPECT_EQ(taken(), (Log{"turn 1", "control open refused"}));
}

TEST_F(HookSessions, CanJoinDecidesForEachRoom) {
  hooks.can_join = can_join_now;
  connect();
  join(1, "open");
  join(2, "closed");
  join(3, "open too");
  EXPECT_EQ(taken(), (Log{"turn 1", "can join open", "control open allowed", "idle",      //
                          "turn 2", "can join closed", "control closed refused", "idle",  //
                          "turn 3", "can join open too", "control open too allowed", "idle"}));
}

TEST_F(HookSessions, CanJoinThatWaitsHoldsTheJoinAndAllBehindIt) {
  hooks.can_join = can_join_waits;
  hooks.on_json = json_now;
  connect();
  join(1, "open");
  join(2, "closed");
  session_message(3, 30);
  EXPECT_EQ(taken(), (Log{"turn 1", "can join begins"}));
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"can join ends open", "control open allowed", "turn 2", "can join begins"}));
  gate.open();
  EXPECT_EQ(taken(), (Log{"can join ends closed", "control closed refused", "turn 3", "json 30",
                          "turn done", "idle"}));
}

TEST_F(HookSessions, CanJoinThatThrowsAllowsNothing) {
  hooks.can_join = can_join_now;
  connect();
  hook_does = [] { throw std::runtime_error("no database"); };
  join(1, "open");
  hook_does = [] { throw BadMessage("no such room"); };
  join(2, "open");
  hook_does = {};
  join(3, "open");
  EXPECT_EQ(taken(), (Log{"turn 1", "can join open", "failed can_join: no database", "idle",  //
                          "turn 2", "can join open", "bad message bad_message: no such room",
                          "idle",  //
                          "turn 3", "can join open", "control open allowed", "idle"}));
}

TEST_F(HookSessions, TurnOfAHookThatThrowsIsNotDone) {
  hooks.on_json = json_now;
  connect();
  hook_does = [] { throw std::runtime_error("no database"); };
  session_message(1, 10);
  hook_does = [] { throw BadMessage("not this"); };
  session_message(2, 20);
  EXPECT_EQ(taken(), (Log{"turn 1", "json 10", "failed on_message: no database",  //
                          "turn 2", "json 20", "bad message bad_message: not this"}));
}

TEST_F(HookSessions, RoomHookBetweenTwoMessagesEndsNoTurn) {
  hooks.on_json = json_now;
  hooks.on_join = room_now;
  connect();
  session_message(1, 10);
  EXPECT_TRUE(runner.note_room_change({room_now, "on_join"}, "r"));
  runner.go_on();
  EXPECT_EQ(taken(), (Log{"turn 1", "json 10", "turn done", "room r", "idle"}));
}

}  // namespace
}  // namespace microframe::ws
