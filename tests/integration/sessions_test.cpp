// Sessions of microframe.v1 on a server with several loops: resumed, expired, evicted and refused
// sessions, the hooks that run, and what plain clients in the same rooms see.

#include <atomic>
#include <boost/json/array.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "support/app_fixture.hpp"
#include "support/certificates.hpp"
#include "support/served.hpp"
#include "support/tls_client.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

Json object(std::initializer_list<boost::json::value_ref> members) {
  return boost::json::value(members);
}

// An endpoint that notes what its hooks receive.
class Told : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId& user) {
    note(user + (socket.resumed() ? " resumed" : " connected"));
  }
  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    const std::string op = text(message, "op");
    ++handled;
    if (op == "echo") socket.reply(message.at("value"));
    if (op == "room") broadcast_to_room(text(message, "room"), message.at("value"));
    if (op == "all") broadcast(message.at("value"));
    if (op == "away") set_presence(socket, text(message, "room"), {{"status", "away"}});
    if (op == "throw") throw std::runtime_error("a bug");
    note(user + " " + op);
  }
  void on_disconnect(ws::WebSocket& socket, const ws::UserId& user,
                     const ws::DisconnectReason& reason) {
    note(user + " lost: " + std::string(to_string(reason.cause)) + ", rooms " +
         std::to_string(socket.rooms().size()));
  }
  Task<bool> can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    co_await sleep_for(1ms);
    co_return room != "closed";
  }
  void on_join(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
    note(user + " in " + room);
  }
  void on_leave(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
    note(user + " out of " + room);
  }
  void on_session_expired(ws::WebSocket&, const ws::UserId& user) { note(user + " expired"); }
  void on_user_online(const ws::UserId& user) { note(user + " online"); }
  void on_user_offline(const ws::UserId& user) { note(user + " offline"); }

  std::atomic<int> handled{0};
  bool has(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return std::find(notes_.begin(), notes_.end(), what) != notes_.end();
  }
  std::string all() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const std::string& note : notes_) text += note + "; ";
    return text;
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
  }
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

class Sessions : public test::AppTest {
 protected:
  Told& told = app.route<Told>("/ws", auth);

  std::unique_ptr<RawClient> stream() const { return std::make_unique<RawClient>(app.port()); }
  V1Client enter(std::string_view user) const { return V1Client(stream(), token(user)); }
  V1Client come_back(const V1Client& former, std::string_view user) const {
    V1Client made(stream(), token(user), &former);
    made.set_sent(former.sent());
    return made;
  }
  void lose(V1Client& client, std::string_view user) {
    client.lose();
    eventually([&] { return !told.is_connected(user); });
  }
};

TEST_F(Sessions, SessionResumesOnAnyLoop) {
  start(3);
  V1Client alice = enter("alice");
  EXPECT_FALSE(alice.resumed());
  alice.join("r");
  for (int round = 0; round < 20; ++round) {
    lose(alice, "alice");
    told.broadcast_to_room("r", round);
    alice = come_back(alice, "alice");
    ASSERT_TRUE(alice.resumed()) << round;
    EXPECT_EQ(alice.read(), object({{"t", "message"}, {"room", "r"}, {"data", round}}));
    EXPECT_EQ(alice.ask({{"op", "echo"}, {"value", round}}).at("data"), Json(round));
  }
  EXPECT_TRUE(told.has("alice resumed"));
  EXPECT_FALSE(told.has("alice out of r"));
  EXPECT_FALSE(told.has("alice offline"));
}

TEST_F(Sessions, ResumeLosesNothingUnderTraffic) {
  start(2);
  V1Client alice = enter("alice");
  alice.join("r");
  std::atomic<bool> stop{false};
  std::thread speaker([&] {
    for (int n = 0; !stop; ++n) {
      told.broadcast_to_room("r", n);
      std::this_thread::sleep_for(200us);
    }
  });
  std::int64_t next = -1;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 50; ++i) {
      const Json frame = alice.read_until("message");
      const std::int64_t n = frame.at("data").as_int64();
      ASSERT_TRUE(next < 0 || n == next) << "round " << round << ": " << n << " and not " << next;
      next = n + 1;
    }
    alice.lose();
    alice = come_back(alice, "alice");
    ASSERT_TRUE(alice.resumed());
  }
  stop = true;
  speaker.join();
}

TEST_F(Sessions, StrangerCannotResume) {
  start();
  V1Client alice = enter("alice");
  lose(alice, "alice");
  EXPECT_FALSE(come_back(alice, "mallory").resumed()) << "another user's token";
  V1Client guess(stream(), token("alice"), nullptr);
  const std::string session = text(alice.welcome(), "session");
  RawClient raw_client = raw();
  raw_client.send(test::upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                                   token("alice") + ", resume." + session +
                                                   ".guessed.0\r\n"));
  EXPECT_EQ(raw_client.read_status(), 101U);
  EXPECT_NE(raw_client.read_text().find("\"resumed\":false"), std::string::npos);
  EXPECT_TRUE(come_back(alice, "alice").resumed());
}

TEST_F(Sessions, ResumeEvictsTheOpenConnection) {
  start(2);
  V1Client former = enter("alice");
  V1Client alice = come_back(former, "alice");
  EXPECT_TRUE(alice.resumed());
  EXPECT_EQ(former.read().at("t"), "bye");
  EXPECT_EQ(former.stream().read_close(), 4409U);
  EXPECT_EQ(told.connection_count(), 1U);
  EXPECT_EQ(alice.ask({{"op", "echo"}, {"value", 1}}).at("data"), 1);
  EXPECT_TRUE(told.has("alice lost: replaced, rooms 0"));
}

// The network delays or repeats a handshake, and its client has already come back with another one.
TEST_F(Sessions, EarlierAttemptCannotTakeTheSession) {
  start(2);
  V1Client former = enter("alice");
  lose(former, "alice");
  const auto attempt = [&](unsigned number) {
    RawClient made = raw();
    made.send(test::upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                               token("alice") + former.offer() + "." +
                                               std::to_string(number) + "\r\n"));
    return made;
  };
  RawClient second = attempt(2);
  EXPECT_EQ(second.read_status(), 101U);
  EXPECT_NE(second.read_text().find("\"resumed\":true"), std::string::npos);
  for (const unsigned overtaken : {1U, 2U}) EXPECT_EQ(attempt(overtaken).read_all(), "");
  second.send_text(R"({"t":"message","id":1,"data":{"op":"echo","value":1}})");
  EXPECT_NE(second.read_text().find("\"data\":1"), std::string::npos) << "it is still there";
  RawClient third = attempt(3);
  EXPECT_EQ(third.read_status(), 101U);
  EXPECT_NE(second.read_text().find("\"bye\""), std::string::npos);
  EXPECT_EQ(second.read_close(), 4409U);
}

TEST_F(Sessions, SessionExpiresWhenNobodyComesBack) {
  limits.session_ttl = 200ms;
  start();
  V1Client alice = enter("alice");
  alice.join("r");
  eventually([&] { return told.has("alice online"); });
  alice.lose();
  eventually([&] { return told.has("alice offline"); });
  const std::string all = told.all();
  EXPECT_NE(all.find("alice lost: connection_lost, rooms 1; alice expired; alice out of r; "),
            std::string::npos)
      << all;
  EXPECT_FALSE(come_back(alice, "alice").resumed());
}

TEST_F(Sessions, SessionEndsWhenTheClientCloses) {
  start();
  V1Client alice = enter("alice");
  alice.join("r");
  alice.stream().send_close(1000);
  eventually([&] { return told.has("alice offline"); });
  EXPECT_FALSE(told.has("alice expired")) << told.all();
  EXPECT_TRUE(told.has("alice out of r"));
}

TEST_F(Sessions, SuspendedDeviceKeepsItsUserOnline) {
  start(2);
  V1Client phone = enter("alice");
  V1Client laptop = enter("alice");
  laptop.stream().send_close(1000);
  phone.lose();
  eventually([&] { return told.connection_count() == 0; });
  EXPECT_FALSE(told.is_connected("alice"));
  EXPECT_FALSE(told.has("alice offline")) << "the phone may come back";
  EXPECT_TRUE(come_back(phone, "alice").resumed());
  const std::string all = told.all();
  EXPECT_EQ(all.find("alice online"), all.rfind("alice online")) << all;
}

TEST_F(Sessions, CanJoinDecidesWhoJoins) {
  start();
  V1Client alice = enter("alice");
  EXPECT_EQ(alice.join("closed").at("code"), "forbidden");
  EXPECT_EQ(alice.join(std::string(300, 'x')).at("code"), "room_name_invalid");
  EXPECT_EQ(alice.join("open").at("t"), "joined");
  EXPECT_TRUE(told.get_room_members("closed").empty());
  EXPECT_EQ(test::rejected(app.port(), "forbidden_room"), 1);
}

TEST_F(Sessions, OnJoinRunsOncePerEntry) {
  start();
  V1Client alice = enter("alice");
  alice.join("r");
  EXPECT_EQ(alice.join("r").at("t"), "joined");
  alice.send(object({{"t", "leave"}, {"id", 3}, {"room", "r"}}));
  eventually([&] { return told.has("alice out of r"); });
  const std::string all = told.all();
  EXPECT_EQ(all.find("alice in r"), all.rfind("alice in r")) << all;
}

// Takes everyone who sends a message out of "r", from a thread that is not a loop of the server.
class Expelling : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId& user, const Json&) {
    std::thread([&] { leave_room(user, "r"); }).join();
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
};

// A leave from another thread takes effect on its way, or within the join that overtakes it. It
// does not answer that join.
TEST_F(Sessions, LeaveFromElsewhereIsNotTheAnswerToAJoin) {
  app.route<Expelling>("/expelling", auth);
  start();
  V1Client alice(stream(), token("alice"), nullptr, "/expelling");
  alice.join("r");
  const std::string message = R"({"t":"message","data":"out"})";
  const std::string join = R"({"t":"join","id":2,"room":"r"})";
  alice.stream().send(test::frame(0x81, message) + test::frame(0x81, join));
  EXPECT_EQ(alice.read(), object({{"t", "left"}, {"room", "r"}}));
  EXPECT_EQ(alice.read(), object({{"t", "joined"}, {"room", "r"}, {"id", 2}}));
}

TEST_F(Sessions, MessageWhoseHookThrewCountsAsHandled) {
  start();
  V1Client alice = enter("alice");
  EXPECT_EQ(alice.ask({{"op", "throw"}}).at("code"), "failed");
  EXPECT_EQ(alice.read().at("code"), 1011);
  alice.stream().read_close();
  alice = come_back(alice, "alice");
  EXPECT_TRUE(alice.resumed());
  EXPECT_EQ(alice.welcome().at("handled"), 1);
  EXPECT_EQ(told.handled, 1);
}

TEST_F(Sessions, PlainClientsSeeNoSessionFrames) {
  app.rooms("r", RoomOptions().history(10, 1min).presence());
  start();
  RawClient plain = client("bob");
  told.join_room("bob", "r");
  V1Client alice = enter("alice");
  alice.join("r");
  alice.ask({{"op", "away"}, {"room", "r"}});
  alice.ask({{"op", "room"}, {"room", "r"}, {"value", {{"text", "hi"}}}});
  EXPECT_EQ(plain.read_text(), R"({"text":"hi"})");
  alice.lose();
  EXPECT_TRUE(plain.silent());
}

TEST_F(Sessions, PresenceTellsTheMetadata) {
  app.rooms("r", RoomOptions().presence());
  start(2);
  V1Client alice = enter("alice");
  V1Client bob = enter("bob");
  alice.join("r");
  const Json joined = bob.join("r");
  EXPECT_TRUE(joined.at("presence").at("alice").as_array().size() == 1);
  const Json came = alice.read_until("presence");
  EXPECT_TRUE(came.at("joins").as_object().contains("bob"));
  bob.ask({{"op", "away"}, {"room", "r"}});
  const Json away = alice.read_until("presence");
  EXPECT_EQ(away.at("joins").at("bob").at(0).at("meta"), object({{"status", "away"}}));
  const auto devices = told.presence("r");
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices[1].meta, object({{"status", "away"}}));
  bob.stream().send_close(1000);
  EXPECT_TRUE(alice.read_until("presence").at("leaves").as_object().contains("bob"));
}

TEST_F(Sessions, ApplicationReadsHistory) {
  app.rooms("r", RoomOptions().history(3, 1min));
  start();
  for (int n = 1; n <= 5; ++n) told.broadcast_to_room("r", n);
  const auto messages = told.history("r", 3, 10);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].offset, 4U);
  EXPECT_EQ(messages[0].content, "4");
  EXPECT_EQ(told.history("r").size(), 3U);
  EXPECT_TRUE(told.history("other").empty());
}

TEST_F(Sessions, SendAckedReportsEachDevice) {
  start(2);
  V1Client alice = enter("alice");
  RawClient plain = client("alice");
  std::thread device([&] {
    const Json asked = alice.read_until("message");
    EXPECT_EQ(asked.at("data"), "well?");
    alice.send({{"t", "ack"}, {"id", asked.at("id")}, {"data", "yes"}});
  });
  Task<std::vector<ws::Ack>> all = told.send_acked("alice", "well?", 10s);
  ASSERT_TRUE(all.start([](void*) {}, nullptr)) << "a thread without a loop is blocked";
  const auto acks = all.result();
  device.join();
  ASSERT_EQ(acks.size(), 2U);
  EXPECT_EQ(acks[0].status, ws::AckStatus::acknowledged);
  EXPECT_EQ(acks[0].data, "yes");
  EXPECT_EQ(acks[1].status, ws::AckStatus::not_supported);
  Task<std::vector<ws::Ack>> late = told.send_acked("alice", "and now?", 50ms);
  ASSERT_TRUE(late.start([](void*) {}, nullptr));
  EXPECT_EQ(late.result()[0].status, ws::AckStatus::timed_out);
  Task<std::vector<ws::Ack>> nobody = told.send_acked("bob", "anyone?", 50ms);
  ASSERT_TRUE(nobody.start([](void*) {}, nullptr));
  EXPECT_TRUE(nobody.result().empty());
}

TEST_F(Sessions, ReplayEncodesNothingAgain) {
  constexpr int kClients = 50;
  constexpr int kMissed = 100;
  start(2);
  std::vector<V1Client> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(enter("user" + std::to_string(i)));
    clients.back().join("r");
  }
  for (V1Client& one : clients) one.lose();
  eventually([&] { return told.connection_count() == 0; });
  const double before = test::metric(app.port(), "microframe_session_frames_encoded_total");
  for (int n = 0; n < kMissed; ++n) told.broadcast_to_room("r", n);
  for (int i = 0; i < kClients; ++i) {
    const auto at = static_cast<std::size_t>(i);
    clients[at] = come_back(clients[at], "user" + std::to_string(i));
    for (int n = 0; n < kMissed; ++n) ASSERT_EQ(clients[at].read().at("data"), Json(n));
  }
  EXPECT_EQ(test::metric(app.port(), "microframe_session_frames_encoded_total") - before, kMissed);
  EXPECT_EQ(test::metric(app.port(), "microframe_session_frames_replayed_total"),
            kClients * kMissed);
}

TEST_F(Sessions, SessionPastItsFrameLimitCannotResume) {
  limits.session_frames_max = 10;
  start();
  V1Client alice = enter("alice");
  lose(alice, "alice");
  for (int n = 0; n < 11; ++n) told.broadcast(n);
  EXPECT_FALSE(come_back(alice, "alice").resumed());
  EXPECT_TRUE(told.has("alice expired"));
}

// The on_disconnect of this endpoint waits.
class Slow : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
  Task<> on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason&) {
    while (!free) co_await sleep_for(1ms);
  }
  std::atomic<bool> free{false};
};

TEST_F(Sessions, FrameDroppedDuringAHookPreventsTheResume) {
  limits.session_frames_max = 10;
  auto& slow = app.route<Slow>("/slow", auth);
  start(1);
  V1Client alice(stream(), token("alice"), nullptr, "/slow");
  alice.lose();
  eventually([&] { return !slow.is_connected("alice"); });
  // The returning client waits for the hook. Meanwhile more frames come than the session keeps.
  auto back = stream();
  back->send(test::upgrade_request("/slow", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                                token("alice") + alice.offer() + "\r\n"));
  for (int i = 0; i < 3; ++i)
    test::rejected(app.port(), "revoked");  // the loop has seen the handshake by then
  for (int n = 0; n < 11; ++n) slow.broadcast(n);
  for (int i = 0; i < 3; ++i) test::rejected(app.port(), "revoked");
  slow.free = true;
  ASSERT_EQ(back->read_status(), 101);
  const Json welcome = boost::json::parse(back->read_text());
  EXPECT_FALSE(welcome.at("resumed").as_bool()) << "a frame is gone, and nobody says so";
}

TEST_F(Sessions, SuspendedSessionsAreLimited) {
  limits.sessions_suspended_max = 1;
  start();
  V1Client first = enter("alice");
  V1Client second = enter("bob");
  lose(first, "alice");
  lose(second, "bob");
  EXPECT_TRUE(come_back(first, "alice").resumed());
  EXPECT_FALSE(come_back(second, "bob").resumed());
}

TEST_F(Sessions, StopEndsSuspendedSessions) {
  start(2);
  V1Client alice = enter("alice");
  lose(alice, "alice");
  app.stop();
  app.wait();
  EXPECT_TRUE(told.has("alice expired")) << told.all();
}

TEST_F(Sessions, RevokeEndsSuspendedSessions) {
  start();
  V1Client alice = enter("alice");
  lose(alice, "alice");
  app.revoke("alice");
  eventually([&] { return told.has("alice expired"); });
}

TEST_F(Sessions, SessionResumesOverTls) {
  const test::Certificate certificate{test::CertificateSpec{}};
  const test::TemporaryFile certificate_file(certificate.pem());
  const test::TemporaryFile key_file(certificate.key_pem());
  app.tls(TlsOptions(certificate_file.path(), key_file.path()));
  start(3);
  const auto secured = [&] {
    auto made = std::make_unique<test::TlsClient>(raw(), test::TlsClientOptions{});
    EXPECT_TRUE(made->shake_hands());
    return made;
  };
  V1Client alice(secured(), token("alice"));
  for (int round = 0; round < 12; ++round) {
    alice.lose();
    eventually([&] { return !told.is_connected("alice"); });
    told.broadcast(round);
    V1Client next(secured(), token("alice"), &alice);
    ASSERT_TRUE(next.resumed());
    EXPECT_EQ(next.read().at("data"), Json(round));
    next.set_sent(alice.sent());
    EXPECT_EQ(next.ask({{"op", "echo"}, {"value", round}}).at("data"), Json(round));
    alice = std::move(next);
  }
}

}  // namespace
}  // namespace microframe
