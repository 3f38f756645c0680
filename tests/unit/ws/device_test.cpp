// Plain devices: their hooks in order, and every way in which they end.
#include "ws/device.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

#include "support/bytes.hpp"
#include "unit/ws/device_bench.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;
using test::frame;
using test::kHour;
using test::LoopSite;
using test::patient_limits;
using test::RawClient;
using test::token_of;

class DeviceTest : public test::DeviceBench {
 public:
  std::vector<RawClient> newer;
};

// --- hooks ---

TEST_F(DeviceTest, HooksRunInOrderAndThenTheDeviceIsGone) {
  serve();
  RawClient client = open();
  client.send_text(R"({"do":"echo"})");
  EXPECT_EQ(client.read_text(), R"({"do":"echo"})");
  client.send_close(1001);
  EXPECT_EQ(client.read_close(), 1001U);
  wait_until_gone();
  EXPECT_EQ(site->journal.lines(),
            (Lines{"connect alice", "echo", "disconnect peer_closed 1001 "}));
  EXPECT_EQ(site->site.registries.admission.connections(), 0U);
  EXPECT_FALSE(handle().is_open());
  EXPECT_FALSE(handle().send(Json("too late")));
}

TEST_F(DeviceTest, MessagesWaitForAHookThatWaits) {
  serve();
  RawClient client = open();
  client.send_text(R"({"do":"wait"})");
  client.send_text(R"({"do":"echo","n":1})");
  client.send_text(R"({"do":"echo","n":2})");
  EXPECT_TRUE(site->journal.wait_for("wait"));
  EXPECT_TRUE(has_nothing(client));
  site->open_gate();
  EXPECT_EQ(client.read_text(), R"({"do":"echo","n":1})");
  EXPECT_EQ(client.read_text(), R"({"do":"echo","n":2})");
  EXPECT_EQ(site->journal.lines(), (Lines{"connect alice", "wait", "waited", "echo", "echo"}));
}

TEST_F(DeviceTest, PingsAreAnsweredWhileAHookWaitsUntilTooMuchDoes) {
  Limits limits = patient_limits();
  limits.waiting_bytes_max = 1000;
  serve(limits);
  RawClient client = open();
  client.send_text(R"({"do":"wait"})");
  client.send(frame(0x89, "ping"));
  EXPECT_EQ(client.read_frame().first, 0x8AU);
  const std::string filling(1000, 'x');
  client.send_text(R"({"do":"echo","filling":")" + filling + "\"}");
  EXPECT_TRUE(has_nothing(client));  // from here on nothing is read
  client.send(frame(0x89, "ping"));
  EXPECT_TRUE(has_nothing(client));
  site->open_gate();
  EXPECT_NE(client.read_text().find(filling), std::string::npos);
  EXPECT_EQ(client.read_frame().first, 0x8AU);
}

TEST_F(DeviceTest, BadMessagesAreAnsweredAndTheDeviceLivesOn) {
  serve();
  RawClient client = open();
  client.send_text("{no json");
  EXPECT_NE(client.read_text().find(R"("error":"invalid_json")"), std::string::npos);
  client.send_text(R"({"do":1})");
  EXPECT_NE(client.read_text().find(R"("error":"bad_message")"), std::string::npos);
  client.send(frame(0x82, "binary"));
  EXPECT_NE(client.read_text().find(R"("error":"binary_not_supported")"), std::string::npos);
  EXPECT_EQ(site->rejections(Rejection::bad_message), 3U);
  EXPECT_TRUE(handle().is_open());
}

// What came before the stream was lost is still handled; what a Close of ours cuts off is not.
TEST_F(DeviceTest, QueuedMessagesHaveTheirTurnUnlessTheServerClosed) {
  struct Case {
    std::function<void(RawClient&, WebSocket&)> end;
    Lines after;
  };
  const Case cases[] = {
      {[](RawClient& client, WebSocket&) { client = RawClient::adopt(-1); },
       {"waited", "echo", "disconnect connection_lost 1006 "}},
      {[](RawClient& client, WebSocket&) { client.send_close(); },
       {"waited", "echo", "disconnect peer_closed 1000 "}},
      {[](RawClient&, WebSocket& socket) { socket.close(4000, "enough"); },
       {"waited", "disconnect server_closed 4000 enough"}},
  };
  for (const Case& one : cases) {
    serve();
    RawClient client = open();
    client.send_text(R"({"do":"wait"})");
    client.send_text(R"({"do":"echo"})");
    ASSERT_TRUE(site->journal.wait_for("wait"));
    site->settle();
    {
      WebSocket socket = handle();
      one.end(client, socket);
    }
    site->settle();
    site->open_gate();
    Lines expected{"connect alice", "wait"};
    expected.insert(expected.end(), one.after.begin(), one.after.end());
    EXPECT_EQ(site->journal.wait_for(expected.size()), expected);
  }
}

TEST_F(DeviceTest, RoomsAreLeftAfterOnDisconnectHasRun) {
  serve();
  RawClient client = open();
  site->on_loop([&] {
    site->notes.disconnect_waits = true;
    site->notes.handles.front().chat().join_room("alice", "kitchen");
  });
  client.send_close();
  ASSERT_TRUE(site->journal.wait_for("disconnect peer_closed 1000 "));
  EXPECT_EQ(handle().rooms(), std::vector<std::string>{"kitchen"});
  EXPECT_EQ(site->endpoint().hub().connections(), 0U) << "but the device is counted no more";
  site->open_gate();
  wait_until_gone();
  EXPECT_EQ(handle().rooms(), std::vector<std::string>{});
}

// --- every end runs on_disconnect once ---

TEST_F(DeviceTest, EachCauseIsToldToOnDisconnectOnce) {
  struct Case {
    std::string told;
    std::function<void(DeviceTest&, RawClient&)> end;
    unsigned close;  // what the peer reads; 0: no Close
  };
  const Case cases[] = {
      {"peer_closed 4321 gone",
       [](auto&, RawClient& peer) { peer.send(frame(0x88, "\x10\xE1gone")); }, 4321},
      {"server_closed 4000 bye",
       [](DeviceTest& test, RawClient&) {
         WebSocket socket = test.handle();
         socket.close(4000, "bye");  // from another thread than its loop's, twice
         socket.close(4001, "again");
       },
       4000},
      {"connection_lost 1006 ", [](auto&, RawClient& peer) { ::shutdown(peer.fd(), SHUT_WR); }, 0},
      {"protocol_error 1002 unknown opcode",
       [](auto&, RawClient& peer) { peer.send(frame(0x83, "")); }, 1002},
      {"hook_failed 1011 internal error",
       [](auto&, RawClient& peer) { peer.send_text(R"({"do":"throw"})"); }, 1011},
      {"replaced 4409 replaced by a newer device",
       [](DeviceTest& test, RawClient&) {
         for (int i = 0; i < 16; ++i) test.newer.push_back(test.open());
       },
       4409},
      {"revoked 4409 banned",
       [](DeviceTest& test, RawClient&) {
         EXPECT_EQ(test.site->endpoint().everywhere().disconnect("alice", "banned"), 1U);
       },
       4409},
      {"shutdown 1012 the server restarts",
       [](DeviceTest& test, RawClient&) {
         test.site->on_loop([&] { test.site->server().drain([] {}); });
       },
       1012},
  };
  for (const Case& one : cases) {
    serve();
    RawClient client = open();
    one.end(*this, client);
    EXPECT_EQ(client.read_close(), one.close) << one.told;
    EXPECT_FALSE(handle().is_open());
    if (one.close != 0) client.send_close(one.close);
    EXPECT_TRUE(client.at_end());
    const std::string told = "disconnect " + one.told;
    EXPECT_TRUE(site->journal.wait_for(told)) << testing::PrintToString(site->journal.lines());
    site->settle();
    EXPECT_EQ(disconnects(), 1U) << told;
    newer.clear();
  }
}

TEST_F(DeviceTest, NewestDevicesStay) {
  Limits limits = patient_limits();
  limits.devices_per_user_max = 2;
  serve(limits);
  RawClient first = open();
  RawClient second = open();
  RawClient others = open("bob");
  RawClient third = open();
  EXPECT_EQ(first.read_close(), 4409U);
  EXPECT_EQ(site->rejections(Rejection::replaced), 1U);
  EXPECT_EQ(site->endpoint().hub().devices("alice"), 2U);
  for (RawClient* client : {&second, &third, &others}) {
    client->send_text(R"({"do":"echo"})");
    EXPECT_EQ(client->read_text(), R"({"do":"echo"})");
  }
}

TEST_F(DeviceTest, FailedHookIsCountedAndToldToNobodyElse) {
  serve();
  RawClient client = open();
  client.send_text(R"({"do":"throw"})");
  const auto close = client.read_frame();
  EXPECT_EQ(close.close_code(), 1011U);
  EXPECT_EQ(close.payload.substr(2), "internal error") << "not what was thrown";
  EXPECT_EQ(site->rejections(Rejection::hook_failed), 1U);
}

TEST_F(DeviceTest, OverflowIsClosedWith4408) {
  Limits limits = patient_limits();
  limits.message_bytes_max = limits.outbox_bytes_max = 64 * 1024;
  serve(limits);
  RawClient client = open();
  const std::string big(4 << 20, 'x');
  site->on_loop([&] {
    WebSocket& socket = site->notes.handles.front();
    EXPECT_TRUE(socket.send_text(big));
    EXPECT_EQ(socket.buffered(), big.size() + 10) << "exact on the loop";
    socket.send_text("one too many");
    socket.send_text("another");
  });
  EXPECT_EQ(client.read_frame().payload.size(), big.size());
  EXPECT_EQ(client.read_close(), 4408U);
  EXPECT_TRUE(site->journal.wait_for("disconnect too_slow 4408 too slow"));
  EXPECT_EQ(site->rejections(Rejection::too_slow), 1U);
}

// --- tokens ---

TEST_F(DeviceTest, IsClosedWhenItsTokenHasExpired) {
  serve();
  RawClient client = open_until(system_clock::now() - 1s);
  EXPECT_EQ(client.read_close(), 4401U);
  EXPECT_TRUE(site->journal.wait_for("disconnect token_expired 4401 token expired"));
  EXPECT_EQ(site->rejections(Rejection::token_expired), 1U);
}

TEST_F(DeviceTest, LivesOnByAFreshTokenOfItsUser) {
  serve();
  const std::string fresh = token_of("alice");
  const std::string others = token_of("bob");
  RawClient client = open_until(system_clock::now() - 1s, [&](Device& device) {
    EXPECT_FALSE(device.refresh_token("no.token"));
    EXPECT_FALSE(device.refresh_token(others));
    EXPECT_LT(device.identity()->expires(), system_clock::now());
    EXPECT_TRUE(device.refresh_token(fresh));
    EXPECT_GT(device.identity()->expires(), system_clock::now() + 10min);
  });
  site->pass(kHour);
  client.send_text(R"({"do":"echo"})");
  EXPECT_EQ(client.read_text(), R"({"do":"echo"})");
}

TEST_F(DeviceTest, RevocationThatCameDuringTheHandshakeClosesIt) {
  serve();
  site->site.registries.revocations.revoke("alice", system_clock::now() + 5s);
  RawClient client = open_until(system_clock::now() + kHour);
  EXPECT_EQ(client.read_close(), 4409U);
  EXPECT_TRUE(site->journal.wait_for("disconnect revoked 4409 revoked"));
  EXPECT_EQ(site->rejections(Rejection::revoked), 1U);
}

// --- drop ---

// In each of these states of its Life; the session's are in session_resume_test.cpp.
TEST_F(DeviceTest, DropEndsItAtOnceWhateverItDoes) {
  struct Case {
    const char* state;
    std::function<void(DeviceTest&, RawClient&)> bring_about;
    Lines told;
  };
  const auto wait_at_disconnect = [](DeviceTest& test) {
    test.site->on_loop([&] { test.site->notes.disconnect_waits = true; });
  };
  const Case cases[] = {
      {"open", [](auto&, auto&) {}, {"disconnect connection_lost 1006 "}},
      {"open, a hook waits",
       [](DeviceTest& test, RawClient& peer) {
         peer.send_text(R"({"do":"wait"})");
         EXPECT_TRUE(test.site->journal.wait_for("wait"));
       },
       {"wait", "disconnect connection_lost 1006 "}},
      {"closing: the hook and the peer are waited for",
       [=](DeviceTest& test, RawClient& peer) {
         wait_at_disconnect(test);
         test.handle().close(4000, "bye");
         EXPECT_EQ(peer.read_close(), 4000U);
       },
       {"disconnect server_closed 4000 bye"}},
      {"ending: the hook is waited for",
       [=](DeviceTest& test, RawClient& peer) {
         wait_at_disconnect(test);
         peer.send_close();
         EXPECT_TRUE(peer.at_end());
       },
       {"disconnect peer_closed 1000 "}},
      {"lingering: the peer is waited for",
       [](DeviceTest& test, RawClient& peer) {
         test.handle().close(4000, "bye");
         EXPECT_EQ(peer.read_close(), 4000U);
       },
       {"disconnect server_closed 4000 bye"}},
  };
  for (const Case& one : cases) {
    serve();
    RawClient client = open();
    one.bring_about(*this, client);
    site->settle();
    EXPECT_EQ(site->count(Kind::device), 1U) << one.state;
    site->on_loop([&] { site->server().drop_all(); });
    EXPECT_TRUE(client.at_end());
    site->settle();
    EXPECT_EQ(site->count(Kind::device), 0U) << one.state;
    EXPECT_EQ(site->endpoint().hub().connections(), 0U) << one.state;
    EXPECT_EQ(site->site.registries.admission.connections(), 0U) << one.state;
    site->on_loop([&] { EXPECT_EQ(site->notes.gate.waiting(), 0U) << one.state; });
    Lines expected{"connect alice"};
    expected.insert(expected.end(), one.told.begin(), one.told.end());
    EXPECT_EQ(site->journal.lines(), expected) << one.state;
  }
}

// --- drained ---

TEST_F(DeviceTest, DrainedWaitsOnAThreadWithoutALoopUntilThePeerHasTakenAll) {
  serve();
  RawClient client = open();
  WebSocket socket = handle();
  EXPECT_TRUE(sync_wait(socket.drained())) << "nothing waits";
  const std::string big(4 << 20, 'x');
  socket.send_text(big);
  site->settle();
  EXPECT_GT(socket.buffered(), 0U) << "as of the last message that had to wait";
  bool drained = false;
  std::thread waits([&] { drained = sync_wait(socket.drained()); });
  EXPECT_EQ(client.read_frame().payload.size(), big.size());
  waits.join();
  EXPECT_TRUE(drained);
  EXPECT_EQ(socket.buffered(), 0U);
}

TEST_F(DeviceTest, DrainedFailsWhereTheDeviceEnds) {
  serve();
  RawClient client = open();
  WebSocket socket = handle();
  socket.send_text(std::string(4 << 20, 'x'));
  site->settle();
  bool drained = true;
  std::thread waits([&] { drained = sync_wait(socket.drained()); });
  site->on_loop([&] { site->server().drop_all(); });
  waits.join();
  EXPECT_FALSE(drained);
  EXPECT_FALSE(sync_wait(socket.drained())) << "nor afterwards";
}

}  // namespace
}  // namespace microframe::ws
