// Messages of plain clients and their hooks: order, one hook at a time, and what a hook is shown.
#include <boost/json/object.hpp>

#include "unit/ws/hook_rig.hpp"

namespace microframe::ws {
namespace {

class HookMessages : public HookRig {};

TEST_F(HookMessages, OnConnectIsGivenTheUser) {
  hooks.on_connect = connect_now;
  connect();
  EXPECT_EQ(taken(), Log{"connect alice"});
}

TEST_F(HookMessages, EndpointWithoutHooksConnectsInSilence) {
  connect();
  EXPECT_EQ(taken(), Log{});
  EXPECT_EQ(runner.queued_bytes(), 0U);
  EXPECT_FALSE(runner.is_free()) << "the connection has not ended";
}

TEST_F(HookMessages, HookThatReturnsRunsWithinTheCall) {
  hooks.on_json = json_now;
  connect();
  text(R"({"a":1})");
  text("[2]");
  EXPECT_EQ(taken(), (Log{R"(json {"a":1})", "json [2]"}));
  EXPECT_EQ(runner.queued_bytes(), 0U);
}

TEST_F(HookMessages, MessagesWaitWhileOnConnectWaits) {
  hooks.on_connect = connect_waits;
  hooks.on_json = json_now;
  connect();
  text("1");
  text("2");
  EXPECT_EQ(taken(), Log{"connect begins"});
  gate.open();
  EXPECT_EQ(taken(), (Log{"connect ends", "json 1", "json 2", "idle"}));
}

TEST_F(HookMessages, HooksOfOneConnectionRunOneAtATimeAndInOrder) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  text("1");
  text("2");
  text("3");
  EXPECT_EQ(taken(), Log{"json begins"});
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 1", "json begins"}));
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 2", "json begins"}));
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 3", "idle"}));
  EXPECT_EQ(gate.waits(), 3);
}

TEST_F(HookMessages, MessageThatComesAfterTheQueueIsEmptyRunsAtOnce) {
  hooks.on_connect = connect_waits;
  hooks.on_json = json_now;
  connect();
  gate.open();
  EXPECT_EQ(taken(), (Log{"connect begins", "connect ends", "idle"}));
  text("1");
  EXPECT_EQ(taken(), Log{"json 1"}) << "nothing waited: nobody is told of idle hooks";
}

TEST_F(HookMessages, CoroutineThatNeverWaitsEndsWithinTheCall) {
  hooks.on_json = [](void* self, WebSocket&, const UserId&, const Json& message) -> Task<> {
    rig_of(self).note("json " + to_text(message));
    co_return;
  };
  hooks.message_waits = true;
  connect();
  text("1");
  text("2");
  EXPECT_EQ(taken(), (Log{"json 1", "idle", "json 2", "idle"}));
}

TEST_F(HookMessages, HookMayNotBeOvertakenByAMessageThatItCauses) {
  hooks.on_json = json_now;
  hook_does = [&] {
    hook_does = {};
    text("2");
    note("json 1 goes on");
  };
  connect();
  text("1");
  EXPECT_EQ(taken(), (Log{"json 1", "json 1 goes on", "json 2", "idle"}));
}

TEST_F(HookMessages, QueuedBytesAreThoseOfTheMessagesThatWait) {
  hooks.on_raw = raw_waits;
  hooks.message_waits = true;
  connect();
  const std::size_t one = size_of(PlainMessage{false, std::string(100, 'x')});
  for (int i = 0; i < 3; ++i) text(std::string(100, 'x'));
  EXPECT_EQ(runner.queued_bytes(), 2 * one) << "the first is with its hook";
  gate.open();
  EXPECT_EQ(runner.queued_bytes(), one);
  gate.open();
  EXPECT_EQ(runner.queued_bytes(), 0U);
  gate.open();
  EXPECT_EQ(runner.queued_bytes(), 0U);
}

// --- what a hook is shown

// The bytes that a message is read from are another's as soon as the call returns.
class HookMessagesKept : public HookRig {
 protected:
  void text_in_passing(std::string payload) {
    text(payload);
    payload.assign(payload.size(), '#');
  }
  void binary_in_passing(std::string payload) {
    binary(payload);
    payload.assign(payload.size(), '#');
  }
};

TEST_F(HookMessagesKept, RawHookThatWaitsStillSeesItsMessage) {
  hooks.on_raw = raw_waits;
  hooks.message_waits = true;
  connect();
  text_in_passing("the first message is longer than any small string");
  binary_in_passing("and so is the second one that waits for its turn");
  gate.open();
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"raw begins", "raw ends text the first message is longer than any small string",
                 "raw begins", "raw ends binary and so is the second one that waits for its turn",
                 "idle"}));
}

TEST_F(HookMessagesKept, JsonHookThatWaitsStillSeesItsMessage) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  text_in_passing(R"({"text":"a string that is longer than any small one"})");
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"json begins",
                 R"(json ends {"text":"a string that is longer than any small one"})", "idle"}));
}

TEST_F(HookMessagesKept, BinaryHookThatWaitsStillSeesItsBytes) {
  hooks.on_json = json_now;
  hooks.on_binary = binary_waits;
  hooks.binary_waits = true;
  connect();
  binary_in_passing("bytes that are more than fit into a small string");
  gate.open();
  EXPECT_EQ(taken(), (Log{"bytes begin",
                          "bytes end bytes that are more than fit into a small string", "idle"}));
}

TEST_F(HookMessagesKept, HookThatDoesNotWaitIsShownTheMessageWhereItLies) {
  static const std::byte* shown = nullptr;
  hooks.on_raw = [](void*, WebSocket&, const UserId&, const Message& message) -> Task<> {
    shown = message.bytes().data();
    return {};
  };
  connect();
  const std::string payload = "as it lies in the receive buffer, and never copied";
  text(payload);
  EXPECT_EQ(shown, base::as_bytes(payload).data());
}

// --- kinds of endpoints

TEST_F(HookMessages, RawEndpointIsGivenTextAndBytes) {
  hooks.on_raw = raw_now;
  connect();
  text("not {json");
  binary("b");
  EXPECT_EQ(taken(), (Log{"raw text not {json", "raw binary b"}));
}

TEST_F(HookMessages, BytesGoToOnBinaryWhereThereIsOne) {
  hooks.on_raw = raw_now;
  hooks.on_binary = binary_now;
  connect();
  text("t");
  binary("b");
  EXPECT_EQ(taken(), (Log{"raw text t", "bytes b"}));
}

TEST_F(HookMessages, JsonEndpointWithoutOnBinaryRefusesBytes) {
  hooks.on_json = json_now;
  connect();
  binary("b");
  text("1");
  EXPECT_EQ(
      taken(),
      (Log{"bad message binary_not_supported: this endpoint takes JSON text messages", "json 1"}));
}

TEST_F(HookMessages, TextThatIsNoJsonIsRefusedWithoutAHook) {
  for (const bool waits : {false, true}) {
    hooks.on_json = json_now;
    hooks.message_waits = waits;
    connect();
    text("{\"a\":");
    const Log told = taken();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].starts_with("bad message invalid_json: ")) << told[0];
    text("1");
    EXPECT_EQ(taken().front(), "json 1") << "the connection goes on";
    close();
    taken();
  }
}

TEST_F(HookMessages, RefusedMessageDoesNotHoldUpThoseBehindIt) {
  hooks.on_connect = connect_waits;
  hooks.on_json = json_now;
  connect();
  text("1");
  text("no json");
  binary("b");
  text("2");
  taken();
  gate.open();
  const Log told = taken();
  ASSERT_EQ(told.size(), 6U);
  EXPECT_EQ(told[1], "json 1");
  EXPECT_TRUE(told[2].starts_with("bad message invalid_json")) << told[2];
  EXPECT_TRUE(told[3].starts_with("bad message binary_not_supported")) << told[3];
  EXPECT_EQ(told[4], "json 2");
  EXPECT_EQ(told[5], "idle");
}

// --- what the watchdog sees

TEST_F(HookMessages, RunningHookIsShownWithItsEndpoint) {
  static detail::Activity shown;
  hooks.on_json = [](void*, WebSocket&, const UserId&, const Json&) -> Task<> {
    shown = detail::Scheduler::current()->activity().read().activity;
    return {};
  };
  connect();
  text("1");
  EXPECT_STREQ(shown.hook, "on_message");
  EXPECT_STREQ(shown.endpoint, "/ws");
  EXPECT_EQ(scheduler.activity().read().activity.hook, nullptr) << "the hook is over";
}

TEST_F(HookMessages, HookThatWaitsIsShownOnlyWhileItRuns) {
  static detail::Activity shown;
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  hook_does = [] { shown = detail::Scheduler::current()->activity().read().activity; };
  connect();
  text("1");
  EXPECT_EQ(scheduler.activity().read().activity.hook, nullptr);
  gate.open();
  EXPECT_STREQ(shown.hook, "on_message");
  EXPECT_EQ(scheduler.activity().read().activity.hook, nullptr);
}

}  // namespace
}  // namespace microframe::ws
