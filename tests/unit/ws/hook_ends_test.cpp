// How hooks end: on_disconnect and on_session_expired, rooms that are left meanwhile, what is
// dropped, and hooks that are abandoned.
#include <memory>
#include <stdexcept>

#include "unit/ws/hook_rig.hpp"

namespace microframe::ws {
namespace {

class HookEnds : public HookRig {
 protected:
  HookEnds() {
    hooks.on_connect = connect_now;
    hooks.on_json = json_now;
    hooks.on_disconnect = disconnect_now;
  }
  void change_room(std::string room) { runner.note_room_change({room_now, "on_leave"}, room); }
};

TEST_F(HookEnds, OnDisconnectIsToldWhyAndIsTheLast) {
  connect();
  text("1");
  close();
  EXPECT_EQ(taken(),
            (Log{"connect alice", "json 1", "disconnect peer_closed", "last hook", "hooks ended"}));
  EXPECT_TRUE(runner.is_free());
}

TEST_F(HookEnds, EndpointWithoutOnDisconnectEndsToo) {
  hooks.on_disconnect = nullptr;
  connect();
  close();
  EXPECT_EQ(taken(), (Log{"connect alice", "last hook", "hooks ended"}));
}

TEST_F(HookEnds, OnlyTheFirstReasonIsTold) {
  hooks.on_connect = connect_waits;
  connect();
  close();
  lose();
  gate.open();
  EXPECT_EQ(taken(), (Log{"connect begins", "connect ends", "disconnect peer_closed", "last hook",
                          "hooks ended"}));
  lose();
  EXPECT_EQ(taken(), Log{}) << "the hooks have ended already";
}

TEST_F(HookEnds, ConnectionThatNeverConnectedRunsNoOnDisconnect) {
  lose();
  EXPECT_EQ(taken(), (Log{"last hook", "hooks ended"}));
  EXPECT_TRUE(runner.is_free());
}

TEST_F(HookEnds, OnDisconnectWaitsForTheHookThatRuns) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  text("1");
  close();
  EXPECT_EQ(taken(), (Log{"connect alice", "json begins"}));
  EXPECT_FALSE(runner.is_free());
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 1", "disconnect peer_closed", "last hook", "hooks ended"}));
}

TEST_F(HookEnds, OnDisconnectThatWaitsHoldsTheEnd) {
  hooks.on_disconnect = disconnect_waits;
  connect();
  lose();
  EXPECT_EQ(taken(), (Log{"connect alice", "disconnect begins"}));
  EXPECT_FALSE(runner.is_free());
  gate.open();
  EXPECT_EQ(taken(), (Log{"disconnect ends connection_lost", "last hook", "hooks ended"}));
  EXPECT_TRUE(runner.is_free());
}

TEST_F(HookEnds, MessagesThatCameBeforeACloseStillHaveTheirTurns) {
  hooks.on_connect = connect_waits;
  connect();
  text("1");
  text("2");
  close();
  taken();
  gate.open();
  EXPECT_EQ(taken(), (Log{"connect ends", "json 1", "json 2", "disconnect peer_closed", "last hook",
                          "hooks ended"}));
}

TEST_F(HookEnds, MessagesOfALostConnectionAreDropped) {
  hooks.on_connect = connect_waits;
  connect();
  text("1");
  session_message(2, 20);
  runner.session_binary({3, base::as_bytes("b"), {}});
  join(4, "open");
  lose();
  EXPECT_EQ(runner.queued_bytes(), 0U);
  taken();
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"connect ends", "disconnect connection_lost", "last hook", "hooks ended"}));
}

TEST_F(HookEnds, RoomChangesOfALostConnectionStillHaveTheirTurns) {
  hooks.on_connect = connect_waits;
  connect();
  text("1");
  change_room("r");
  text("2");
  lose();
  EXPECT_EQ(runner.queued_bytes(), sizeof(HookJob) + 1) << "the room's name is left";
  taken();
  gate.open();
  EXPECT_EQ(taken(), (Log{"connect ends", "room r", "disconnect connection_lost", "last hook",
                          "hooks ended"}));
}

// --- rooms

TEST_F(HookEnds, RoomChangeWaitsUntilTheHubIsDone) {
  connect();
  taken();
  EXPECT_TRUE(runner.note_room_change({room_now, "on_join"}, "r"));
  EXPECT_EQ(taken(), Log{});
  runner.go_on();
  EXPECT_EQ(taken(), (Log{"room r", "idle"}));
}

TEST_F(HookEnds, RoomHookThatWaitsStillSeesTheNameOfTheRoom) {
  connect();
  taken();
  runner.note_room_change({room_waits, "on_join"}, "a room whose name is longer than small ones");
  runner.go_on();
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"room begins", "room ends a room whose name is longer than small ones", "idle"}));
}

TEST_F(HookEnds, RoomsLeftDuringOnDisconnectAreToldBeforeTheLastHook) {
  hooks.on_disconnect = disconnect_waits;
  connect();
  lose();
  EXPECT_TRUE(runner.note_room_change({room_now, "on_leave"}, "r"));
  runner.go_on();
  taken();
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"disconnect ends connection_lost", "room r", "last hook", "hooks ended"}));
}

TEST_F(HookEnds, RoomsLeftAtTheLastHookAreToldBeforeTheEnd) {
  at_last_hook = [this] {
    EXPECT_FALSE(runner.note_room_change({room_now, "on_leave"}, "a")) << "go_on() is under way";
    EXPECT_FALSE(runner.note_room_change({room_now, "on_leave"}, "b"));
  };
  connect();
  close();
  EXPECT_EQ(taken(), (Log{"connect alice", "disconnect peer_closed", "last hook", "room a",
                          "room b", "hooks ended"}));
}

TEST_F(HookEnds, RoomHookThatWaitsAtTheLastHoldsTheEnd) {
  at_last_hook = [this] { runner.note_room_change({room_waits, "on_leave"}, "a"); };
  connect();
  close();
  EXPECT_EQ(taken().back(), "room begins");
  EXPECT_FALSE(runner.is_free());
  gate.open();
  EXPECT_EQ(taken(), (Log{"room ends a", "hooks ended"}));
}

TEST_F(HookEnds, RoomsMayChangeWhileASessionIsSuspended) {
  connect();
  lose();
  taken();
  EXPECT_TRUE(runner.note_room_change({room_waits, "on_join"}, "r"));
  runner.go_on();
  EXPECT_FALSE(runner.is_free()) << "a hook waits";
  gate.open();
  EXPECT_EQ(taken(), (Log{"room begins", "room ends r", "idle"})) << "the end is told only once";
  EXPECT_TRUE(runner.is_free());
}

// --- sessions that go on, or expire

TEST_F(HookEnds, SessionThatGoesOnConnectsAgain) {
  connect();
  lose();
  EXPECT_EQ(taken().back(), "hooks ended");
  connect();
  text("1");
  close();
  EXPECT_EQ(taken(),
            (Log{"connect alice", "json 1", "disconnect peer_closed", "last hook", "hooks ended"}));
}

TEST_F(HookEnds, SessionThatExpiresIsToldAfterOnDisconnect) {
  hooks.on_session_expired = expired_now;
  connect();
  lose();
  taken();
  runner.reserve_end();
  runner.expire();
  EXPECT_EQ(taken(), (Log{"expired", "last hook", "hooks ended"}));
  EXPECT_TRUE(runner.is_free());
}

TEST_F(HookEnds, SessionThatExpiresWithoutAHookEndsToo) {
  connect();
  lose();
  taken();
  runner.expire();
  EXPECT_EQ(taken(), (Log{"last hook", "hooks ended"}));
}

TEST_F(HookEnds, RoomsOfASessionThatExpiresAreLeftAfterItsHook) {
  hooks.on_session_expired = expired_now;
  connect();
  lose();
  taken();
  at_last_hook = [this] { change_room("r"); };
  runner.expire();
  EXPECT_EQ(taken(), (Log{"expired", "last hook", "room r", "hooks ended"}));
}

// --- abandoned

TEST_F(HookEnds, AbandonedHookNeverEndsAndOnDisconnectStillRuns) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  text("1");
  text("2");
  close();
  taken();
  runner.abandon();
  gate.forget();
  EXPECT_EQ(taken(), (Log{"disconnect peer_closed", "last hook", "hooks ended"}));
  EXPECT_EQ(runner.queued_bytes(), 0U);
  EXPECT_TRUE(runner.is_free());
}

TEST_F(HookEnds, OnDisconnectThatWaitsIsAbandonedWithTheHookBeforeIt) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  hooks.on_disconnect = disconnect_waits;
  connect();
  text("1");
  close();
  taken();
  runner.abandon();
  gate.forget();
  EXPECT_EQ(taken(), (Log{"disconnect begins", "last hook", "hooks ended"}));
  EXPECT_TRUE(runner.is_free());
}

TEST_F(HookEnds, AbandonedCoroutineIsDestroyed) {
  static std::weak_ptr<int> held;
  hooks.on_json = [](void* self, WebSocket&, const UserId&, const Json&) -> Task<> {
    const auto kept = std::make_shared<int>(1);
    held = kept;
    co_await rig_of(self).gate;
  };
  hooks.message_waits = true;
  connect();
  text("1");
  EXPECT_FALSE(held.expired());
  lose();
  runner.abandon();
  gate.forget();
  EXPECT_TRUE(held.expired());
}

TEST_F(HookEnds, NothingIsAbandonedWhereNothingWaits) {
  connect();
  lose();
  taken();
  runner.abandon();
  EXPECT_EQ(taken(), Log{});
  EXPECT_TRUE(runner.is_free());
}

// --- the handle

TEST_F(HookEnds, HandleOfTheHooksHoldsTheDeviceUntilItIsForgotten) {
  connect();
  EXPECT_EQ(device.holders(), 1);
  close();
  EXPECT_EQ(device.holders(), 1) << "handles that hooks have copied may outlive the hooks";
  runner.forget_handle();
  EXPECT_EQ(device.holders(), 0);
}

TEST_F(HookEnds, SessionThatGoesOnKeepsItsHandle) {
  connect();
  lose();
  connect();
  EXPECT_EQ(device.holders(), 1);
}

// --- the application's data

TEST_F(HookEnds, DataLiesWhereHooksMayRunAndNowhereElse) {
  EXPECT_THROW(runner.data(), std::logic_error) << "before connect()";
  connect();
  const auto shared = std::make_shared<int>(5);
  detail::data_in<std::shared_ptr<int>>(runner.data()) = shared;
  EXPECT_THROW(detail::data_in<int>(runner.data()), std::logic_error);
  lose();
  connect();
  EXPECT_EQ(detail::data_in<std::shared_ptr<int>>(runner.data()), shared) << "the session goes on";
  close();
  EXPECT_EQ(shared.use_count(), 2);
  runner.forget_handle();
  EXPECT_EQ(shared.use_count(), 1);
  EXPECT_THROW(runner.data(), std::logic_error);
}

// What is asked for by the destructor of the data, which has gone.
struct AsksAtItsEnd {
  HookRunner* runner = nullptr;
  bool* refused = nullptr;
  ~AsksAtItsEnd() {
    try {
      runner->data();
    } catch (const std::logic_error&) {
      *refused = true;
    }
  }
};

TEST_F(HookEnds, DataThatAsksForItselfAtItsEndIsRefused) {
  bool refused = false;
  connect();
  detail::data_in<AsksAtItsEnd>(runner.data()).runner = &runner;
  detail::data_in<AsksAtItsEnd>(runner.data()).refused = &refused;
  close();
  runner.forget_handle();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace microframe::ws
