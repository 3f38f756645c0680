// Devices with a session of microframe.v1: suspended, resumed, expired, dropped.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "support/bytes.hpp"
#include "unit/ws/device_bench.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using test::kHour;
using test::patient_limits;
using test::RawClient;
using test::V1Client;

class SessionResume : public test::DeviceBench {
 public:
  static Json do_what(const char* what) { return boost::json::object{{"do", what}}; }
  void send_message(V1Client& client, std::uint64_t id, const char* what) {
    client.send(boost::json::object{{"t", "message"}, {"id", id}, {"data", do_what(what)}});
  }
  // Has its stream lost, and waits until the session is suspended.
  void lose(V1Client& client) {
    client.stream() = RawClient::adopt(-1);
    ASSERT_TRUE(site->journal.wait_for("disconnect connection_lost 1006 "));
    site->settle();
  }
  // Sends from the server to alice.
  void push(const char* what) {
    site->on_loop([&] { site->notes.handles.front().chat().send_to("alice", do_what(what)); });
  }
  std::size_t suspended() { return site->site.registries.sessions.suspended().taken(); }
  std::size_t sessions() { return site->site.registries.sessions.count(); }
};

// --- another server's ---

TEST_F(SessionResume, OnlyTheSessionsOfOtherServersAreInherited) {
  serve();
  const V1Client other = open_session();
  const auto inherits = [](const V1Client& client) {
    return client.welcome().as_object().contains("inherits");
  };
  site.emplace(patient_limits());
  site->site.settings.inherits = true;
  site->add_chat();
  site->start();
  EXPECT_FALSE(inherits(open_session())) << "no session was asked for";
  const V1Client heir = open_session(&other);
  EXPECT_FALSE(heir.resumed());
  EXPECT_TRUE(heir.welcome().at("inherits").as_bool());
  EXPECT_FALSE(inherits(open_session(&heir, "bob"))) << "it is here, and alice's";
  V1Client own = open_session();
  own.stream().send_close(1000);
  own.stream().read_close();
  site->settle();
  EXPECT_FALSE(inherits(open_session(&own))) << "this server has ended it";
  RawClient malformed = site->connect();
  malformed.send(test::upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                                  test::token_of("alice") +
                                                  ", resume.s.x.many\r\n"));
  ASSERT_EQ(malformed.read_status(), 101U);
  EXPECT_EQ(malformed.read_text().find("inherits"), std::string::npos);
}

TEST_F(SessionResume, AServerThatStandsForNoOthersInheritsNothing) {
  serve();
  const V1Client other = open_session();
  serve();
  EXPECT_FALSE(open_session(&other).welcome().as_object().contains("inherits"));
}

// --- it goes on ---

TEST_F(SessionResume, GoesOnWithAllThatWasSentMeanwhile) {
  serve();
  V1Client client = open_session();
  EXPECT_FALSE(client.resumed());
  push("before");
  EXPECT_EQ(client.read().at("data"), do_what("before"));
  lose(client);
  EXPECT_EQ(suspended(), 1U);
  EXPECT_FALSE(handle().is_open());
  push("first");
  EXPECT_TRUE(handle().send(do_what("second"))) << "it waits for the client";
  V1Client back = open_session(&client);
  EXPECT_TRUE(back.resumed());
  EXPECT_EQ(back.read().at("data"), do_what("first"));
  EXPECT_EQ(back.read().at("data"), do_what("second"));
  EXPECT_EQ(site->journal.lines(),
            (Lines{"connect alice", "disconnect connection_lost 1006 ", "again alice"}));
  EXPECT_TRUE(handle().is_open());
  EXPECT_TRUE(handle().resumed());
  EXPECT_EQ(suspended(), 0U);
  EXPECT_EQ(site->site.counts.sessions.resumed, 1U);
  EXPECT_EQ(site->site.counts.sessions.replayed, 2U);
}

TEST_F(SessionResume, KeepsItsRoomsAndItsId) {
  serve();
  V1Client client = open_session();
  EXPECT_EQ(text(client.join("kitchen"), "t"), "joined");
  const std::uint64_t id = handle().id();
  lose(client);
  V1Client back = open_session(&client);
  EXPECT_EQ(handle(1).id(), id);
  EXPECT_EQ(handle(1).rooms(), std::vector<std::string>{"kitchen"});
}

TEST_F(SessionResume, TakesTheStreamFromOneThatIsStillOpen) {
  serve();
  V1Client client = open_session();
  V1Client back = open_session(&client);
  EXPECT_TRUE(back.resumed());
  EXPECT_EQ(text(client.read(), "t"), "bye");
  EXPECT_EQ(client.stream().read_frame().close_code(), 4409U);
  EXPECT_TRUE(client.stream().at_end());
  EXPECT_EQ(site->journal.lines(),
            (Lines{"connect alice", "disconnect replaced 4409 resumed elsewhere", "again alice"}));
  EXPECT_EQ(text(back.ask(do_what("echo")), "t"), "ack");
  EXPECT_EQ(site->site.registries.admission.connections(), 1U);
}

TEST_F(SessionResume, TakesTheStreamFromOneThatWaitsForThePeersClose) {
  serve();
  V1Client client = open_session();
  handle().close(1012, "restart");
  EXPECT_TRUE(site->journal.wait_for("disconnect server_closed 1012 restart"));
  V1Client back = open_session(&client);
  EXPECT_TRUE(back.resumed());
  EXPECT_EQ(client.stream().read_close(), 1012U);
  EXPECT_TRUE(client.stream().at_end());
}

TEST_F(SessionResume, IdentityIsThatOfTheNewHandshake) {
  serve();
  V1Client client = open_session();
  lose(client);
  V1Client back(std::make_unique<RawClient>(site->connect(test::peer("198.51.100.7", 77))),
                test::token_of("alice"), &client);
  EXPECT_EQ(handle().remote_address(), "198.51.100.7:77");
}

TEST_F(SessionResume, FramesBehindTheRequestAreReadAfterOnConnect) {
  serve();
  V1Client client = open_session();
  lose(client);
  RawClient back = site->connect();
  back.send(test::upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                             test::token_of("alice") + client.offer() + "\r\n") +
            test::frame(0x81, R"({"t":"message","id":1,"data":{"do":"echo"}})"));
  EXPECT_TRUE(is_resumed(back));
  EXPECT_EQ(back.read_until("message"), R"({"t":"message","data":{"do":"echo"}})");
  EXPECT_EQ(site->journal.lines().back(), "echo");
}

// --- hooks of the former life ---

TEST_F(SessionResume, WaitsForAHookOfTheFormerLife) {
  serve();
  V1Client client = open_session();
  send_message(client, 1, "wait");
  ASSERT_TRUE(site->journal.wait_for("wait"));
  client.stream() = RawClient::adopt(-1);
  site->settle();
  RawClient back = ask_for(client);
  EXPECT_TRUE(has_nothing(back));
  EXPECT_EQ(site->journal.lines(), (Lines{"connect alice", "wait"}));
  site->open_gate();
  EXPECT_TRUE(is_resumed(back));
  EXPECT_NE(back.read_text().find(R"("t":"ack","id":1)"), std::string::npos);
  EXPECT_EQ(site->journal.lines(), (Lines{"connect alice", "wait", "waited",
                                          "disconnect connection_lost 1006 ", "again alice"}));
}

TEST_F(SessionResume, WaitsForOnDisconnectToo) {
  serve();
  V1Client client = open_session();
  site->on_loop([&] { site->notes.disconnect_waits = true; });
  lose(client);
  RawClient back = ask_for(client);
  EXPECT_TRUE(has_nothing(back));
  site->open_gate();
  EXPECT_TRUE(is_resumed(back));
  EXPECT_EQ(site->journal.lines(), (Lines{"connect alice", "disconnect connection_lost 1006 ",
                                          "disconnected", "again alice"}));
}

TEST_F(SessionResume, LatestAttemptWinsWhileHooksAreWaitedFor) {
  serve();
  V1Client client = open_session();
  site->on_loop([&] { site->notes.disconnect_waits = true; });
  lose(client);
  RawClient first = ask_for(client, 1);
  EXPECT_TRUE(has_nothing(first));
  RawClient third = ask_for(client, 3);
  EXPECT_EQ(first.read_all(), "") << "dropped for the newer attempt";
  RawClient second = ask_for(client, 2);  // it comes late
  EXPECT_EQ(second.read_all(), "");
  RawClient third_again = ask_for(client, 3);
  EXPECT_EQ(third_again.read_all(), "");
  EXPECT_TRUE(has_nothing(third));
  site->open_gate();
  EXPECT_TRUE(is_resumed(third));
}

TEST_F(SessionResume, AnOldAttemptDoesNotEvictTheOpenStream) {
  serve();
  V1Client client = open_session();
  lose(client);
  RawClient back = ask_for(client, 2);
  EXPECT_TRUE(is_resumed(back));
  RawClient old = ask_for(client, 1);
  EXPECT_EQ(old.read_all(), "");
  EXPECT_TRUE(has_nothing(back));
  EXPECT_TRUE(handle().is_open());
}

TEST_F(SessionResume, ClientWaitsNoLongerThanAnotherTtlForAHook) {
  serve();
  V1Client client = open_session();
  site->on_loop([&] { site->notes.disconnect_waits = true; });
  lose(client);
  RawClient back = ask_for(client);
  site->pass(kHour - 1min);
  EXPECT_TRUE(has_nothing(back));
  site->pass(2min);
  EXPECT_TRUE(has_nothing(back)) << "the hook runs still";
  site->open_gate();
  EXPECT_FALSE(is_resumed(back)) << "a new session begins on its stream";
  EXPECT_EQ(site->journal.wait_for(5), (Lines{"connect alice", "disconnect connection_lost 1006 ",
                                              "disconnected", "connect alice", "expired alice"}));
  EXPECT_EQ(sessions(), 1U);
}

// --- it does not go on ---

TEST_F(SessionResume, BeginsAnewWhereFramesWereLost) {
  Limits limits = patient_limits();
  limits.session_frames_max = 2;
  serve(limits);
  V1Client client = open_session();
  lose(client);
  for (const char* what : {"1", "2", "3"}) push(what);
  V1Client back = open_session(&client);
  EXPECT_FALSE(back.resumed());
  EXPECT_NE(back.welcome().at("session"), client.welcome().at("session"));
  site->settle();
  Lines lines = site->journal.lines();
  std::sort(lines.begin(), lines.end());  // of two devices
  EXPECT_EQ(lines, (Lines{"connect alice", "connect alice", "disconnect connection_lost 1006 ",
                          "expired alice"}));
  EXPECT_EQ(sessions(), 1U);
  EXPECT_EQ(suspended(), 0U);
}

TEST_F(SessionResume, BeginsAnewWhereFramesAreLostWhileTheClientWaits) {
  Limits limits = patient_limits();
  limits.session_frames_max = 2;
  serve(limits);
  V1Client client = open_session();
  site->on_loop([&] { site->notes.disconnect_waits = true; });
  lose(client);
  RawClient back = ask_for(client);
  EXPECT_TRUE(has_nothing(back));
  for (const char* what : {"1", "2", "3"}) push(what);
  site->open_gate();
  EXPECT_FALSE(is_resumed(back));
  EXPECT_TRUE(site->journal.wait_for("expired alice"));
}

TEST_F(SessionResume, ExpiresWhereNobodyComesInTime) {
  serve();
  V1Client client = open_session();
  EXPECT_EQ(text(client.join("kitchen"), "t"), "joined");
  lose(client);
  site->pass(kHour - 1min);
  EXPECT_EQ(suspended(), 1U);
  EXPECT_EQ(site->endpoint().hub().users().size(), 0U) << "suspended ones are not connected";
  EXPECT_EQ(handle().rooms(), std::vector<std::string>{"kitchen"});
  site->pass(2min);
  site->settle();
  EXPECT_EQ(site->journal.lines(),
            (Lines{"connect alice", "disconnect connection_lost 1006 ", "expired alice"}));
  EXPECT_EQ(site->count(Kind::device), 0U);
  EXPECT_EQ(handle().rooms(), std::vector<std::string>{});
  EXPECT_FALSE(handle().send(do_what("too late")));
  EXPECT_EQ(suspended(), 0U);
  EXPECT_EQ(sessions(), 0U);
  EXPECT_EQ(site->site.counts.sessions.expired, 1U);
  V1Client back = open_session(&client);
  EXPECT_FALSE(back.resumed());
}

TEST_F(SessionResume, A07_ExpiresEarlyWhereSuspendedSessionsKeepTooMuch) {
  Limits limits = test::patient_limits();
  limits.sessions_bytes_max = 50'000;
  serve(limits);
  V1Client client = open_session();
  lose(client);
  const std::string long_text(20'000, 'x');
  for (int i = 0; i < 2; ++i) push(long_text.c_str());
  site->settle();
  EXPECT_EQ(suspended(), 1U);
  push(long_text.c_str());
  EXPECT_TRUE(site->journal.wait_for("expired alice"));
  site->settle();
  EXPECT_EQ(suspended(), 0U);
  EXPECT_EQ(site->site.registries.suspended_bytes.bytes(), 0U);
  EXPECT_EQ(site->rejections(guard::Rejection::sessions_full), 1U);
}

TEST_F(SessionResume, ClientThatClosesWith1000EndsItsSession) {
  serve();
  V1Client client = open_session();
  client.stream().send_close(1000);
  EXPECT_EQ(client.stream().read_close(), 1000U);
  wait_until_gone();
  EXPECT_EQ(site->journal.lines(), (Lines{"connect alice", "disconnect peer_closed 1000 "}));
  EXPECT_EQ(sessions(), 0U);
}

// A table of who comes back, by the way in which the stream ended.
TEST_F(SessionResume, CausesThatHealSuspendTheSessionAndOthersEndIt) {
  struct Case {
    std::string told;
    std::function<void(SessionResume&, V1Client&)> end;
    bool heals;
  };
  const auto closes = [](std::uint16_t code) {
    return [code](SessionResume& test, V1Client&) { test.handle().close(code); };
  };
  const auto peer_closes = [](unsigned code) {
    return [code](SessionResume&, V1Client& client) { client.stream().send_close(code); };
  };
  const Case cases[] = {
      {"peer_closed 1001 ", peer_closes(1001), true},
      {"peer_closed 4000 ", peer_closes(4000), true},
      {"server_closed 1000 ", closes(1000), false},
      {"server_closed 1012 ", closes(1012), true},
      {"server_closed 4000 ", closes(4000), false},
      {"server_closed 4408 ", closes(4408), true},
      {"hook_failed 1011 internal error",
       [](SessionResume& test, V1Client& client) { test.send_message(client, 1, "throw"); }, true},
      {"protocol_error 1002 unknown opcode",
       [](SessionResume&, V1Client& client) { client.stream().send(test::frame(0x83, "")); },
       false},
      {"revoked 4409 banned",
       [](SessionResume& test, V1Client&) {
         test.site->endpoint().everywhere().disconnect("alice", "banned");
       },
       false},
  };
  for (const Case& one : cases) {
    serve();
    V1Client client = open_session();
    one.end(*this, client);
    EXPECT_TRUE(site->journal.wait_for("disconnect " + one.told)) << one.told;
    EXPECT_NE(client.stream().read_close(), 0U);
    client.stream() = RawClient::adopt(-1);
    site->settle();
    EXPECT_EQ(sessions(), one.heals ? 1U : 0U) << one.told;
    EXPECT_EQ(suspended(), one.heals ? 1U : 0U) << one.told;
    EXPECT_EQ(disconnects(), 1U) << one.told;
    EXPECT_FALSE(site->journal.has("expired alice")) << one.told;
  }
}

TEST_F(SessionResume, NoneWaitsWhereTheLimitsSaySo) {
  Limits no_time = patient_limits();
  no_time.session_ttl = 0ms;
  Limits no_places = patient_limits();
  no_places.sessions_suspended_max = 1;
  serve(no_time);
  V1Client client = open_session();
  lose(client);
  EXPECT_EQ(sessions(), 0U);
  serve(no_places);
  V1Client first = open_session();
  V1Client second = open_session();
  lose(first);
  EXPECT_EQ(sessions(), 2U);
  second.stream() = RawClient::adopt(-1);
  while (sessions() != 1) site->settle();
  EXPECT_EQ(disconnects(), 2U);
  EXPECT_FALSE(site->journal.has("expired alice")) << "the second has ended, not expired";
}

TEST_F(SessionResume, RevocationEndsOneThatWaits) {
  serve();
  V1Client client = open_session();
  lose(client);
  EXPECT_EQ(site->endpoint().everywhere().disconnect("alice", "banned"), 1U);
  site->settle();
  EXPECT_EQ(site->journal.lines(),
            (Lines{"connect alice", "disconnect connection_lost 1006 ", "expired alice"}));
  EXPECT_EQ(site->rejections(Rejection::revoked), 1U);
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(SessionResume, CloseWithACodeThatDoesNotHealEndsOneThatWaits) {
  serve();
  V1Client client = open_session();
  lose(client);
  handle().close(1012);  // its client may come back all the same
  site->settle();
  EXPECT_EQ(suspended(), 1U);
  handle().close(4000);
  site->settle();
  EXPECT_EQ(suspended(), 0U);
  EXPECT_TRUE(site->journal.has("expired alice"));
}

// --- drop, in the states of Life that only sessions know ---

TEST_F(SessionResume, DropEndsASessionThatWaitsAtOnce) {
  struct Case {
    const char* state;
    bool disconnect_waits;
    bool asked_for;
    bool expires;
    Lines after;
  };
  const Case cases[] = {
      {"suspended", false, false, false, {"expired alice"}},
      {"suspended, on_disconnect waits", true, false, false, {"expired alice"}},
      {"resuming", true, true, false, {"connect alice", "expired alice"}},
      {"expiring", true, false, true, {"expired alice"}},
  };
  for (const Case& one : cases) {
    serve();
    V1Client client = open_session();
    site->on_loop([&] { site->notes.disconnect_waits = one.disconnect_waits; });
    lose(client);
    RawClient back = one.asked_for ? ask_for(client) : RawClient::adopt(-1);
    if (one.expires) site->pass(kHour + 1min);
    EXPECT_EQ(site->count(Kind::device), 1U) << one.state;
    site->on_loop([&] { site->server().drop_all(); });
    site->settle();
    Lines expected{"connect alice", "disconnect connection_lost 1006 "};
    expected.insert(expected.end(), one.after.begin(), one.after.end());
    EXPECT_EQ(site->journal.lines(), expected) << one.state;
    EXPECT_EQ(suspended(), 0U) << one.state;
    if (!one.asked_for) {
      EXPECT_EQ(site->count(Kind::device), 0U) << one.state;
      EXPECT_EQ(sessions(), 0U) << one.state;
    }
    site->on_loop([&] { EXPECT_EQ(site->notes.gate.waiting(), 0U) << one.state; });
  }
}

TEST_F(SessionResume, StreamThatCameForASessionIsDroppedWithItWhereTheServerStops) {
  serve();
  V1Client client = open_session();
  site->on_loop([&] { site->notes.disconnect_waits = true; });
  lose(client);
  RawClient back = ask_for(client);
  site->on_loop([&] {
    site->server().drain([&] { site->journal.note("drained"); });
    site->server().drop_all();
  });
  EXPECT_EQ(back.read_all(), "");
  EXPECT_TRUE(site->journal.wait_for("drained"));
  EXPECT_EQ(site->count(Kind::device), 0U);
}

}  // namespace
}  // namespace microframe::ws
