// Each limit of docs/reference/close-codes.md at its edge: what is exactly at the limit passes;
// one more gets the limit's code or status, and is counted and logged. Time limits: what comes in
// time passes, and what never comes does not.

#include <atomic>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/door.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::client_from;
using test::EchoChat;
using test::frame;
using test::LogCapture;
using test::RawClient;
using test::upgrade_request;

// {"join": name}, answered with the JoinResult's number.
class Joiner : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    socket.send({{"result", static_cast<int>(join_room(socket, text(message, "join")))}});
  }
};

class Limit : public test::AppTest {
 protected:
  test::Door door;
  EchoChat& echo = app.route<EchoChat>("/ws", auth);
  Joiner& joiner = app.route<Joiner>("/rooms", auth);
  EchoChat& guarded = app.route<EchoChat>("/guarded", auth, door);
  LogCapture log;

  void begin() { start(1); }
  std::string request(const std::string& path = "/ws", const std::string& fields = {}) const {
    return upgrade_request(path + "?token=" + token("alice"), fields);
  }
  // returns: the status that answers these bytes.
  unsigned status_of(const std::string& bytes) const {
    RawClient made = raw();
    made.send(bytes);
    return made.read_status();
  }
  // Checks that `times` peers were rejected for `reason`, in the metrics, and that the log names
  // the reason.
  void expect_rejected(const std::string& reason, int times) {
    eventually([&] { return test::rejected(app.port(), reason) >= times; });
    EXPECT_EQ(test::rejected(app.port(), reason), times) << reason;
    EXPECT_TRUE(log.has("rejected reason=" + reason + " peer=")) << log.text();
  }
  // Opens a connection of another user than the neighbours', which stays open.
  std::pair<RawClient, unsigned> keep(const char* source, const std::string& user) const {
    RawClient made = client_from(source, app.port());
    made.send(upgrade_request("/ws?token=" + token(user)));
    const unsigned status = made.read_status();
    return {std::move(made), status};
  }
  int join(RawClient& from, const std::string& room) const {
    from.send_text(R"({"join":")" + room + R"("})");
    return std::stoi(from.read_text().substr(10));
  }
};

constexpr int kJoined = static_cast<int>(ws::JoinResult::joined);
constexpr int kNameInvalid = static_cast<int>(ws::JoinResult::name_invalid);
constexpr int kTooMany = static_cast<int>(ws::JoinResult::too_many_rooms);

// --- the head ---

TEST_F(Limit, HeadOverItsBytesGets431) {
  const std::string bare = request("/ws", "X: \r\n");
  limits.head_bytes_max = bare.size() + 100;
  begin();
  const std::string token_of_one = token("alice");
  const auto padded = [&](std::size_t pad) {
    return upgrade_request("/ws?token=" + token_of_one, "X: " + std::string(pad, 'x') + "\r\n");
  };
  const std::size_t room = limits.head_bytes_max - padded(0).size();
  EXPECT_EQ(status_of(padded(room)), 101U);
  EXPECT_EQ(status_of(padded(room + 1)), 431U);
  expect_rejected("head_too_large", 1);
}

TEST_F(Limit, HeadOverItsFieldsGets431) {
  begin();
  std::string fields;
  for (int i = 0; i < 95; ++i) fields += "X:\r\n";  // besides the five fields of the handshake
  EXPECT_EQ(status_of(request("/ws", fields)), 101U);
  EXPECT_EQ(status_of(request("/ws", fields + "X:\r\n")), 431U);
  expect_rejected("head_too_large", 1);
}

TEST_F(Limit, SlowHeadGets408) {
  limits.head_time = 200ms;
  begin();
  EXPECT_EQ(status_of(request()), 101U);
  EXPECT_EQ(status_of(request().substr(0, 100)), 408U);
  expect_rejected("head_timeout", 1);
}

// --- authentication ---

TEST_F(Limit, SlowAuthManagerAnswers503) {
  limits.auth_time = 300ms;
  begin();
  EXPECT_EQ(status_of(request("/guarded")), 503U);
  expect_rejected("auth_timeout", 1);
  door.opens = true;
  EXPECT_EQ(status_of(request("/guarded")), 101U);
}

TEST_F(Limit, EarlyBytesBehindTheRequestGet503PastTheirLimit) {
  const std::string early = frame(0x81, std::string(1000, 'x'));
  limits.auth_bytes_max = early.size();
  begin();
  RawClient good = raw();
  good.send(request("/guarded") + early);
  eventually([&] { return door.asked == 1; });
  EXPECT_EQ(status_of(request("/guarded") + early + "\x81"), 503U);
  expect_rejected("auth_flood", 1);
  door.opens = true;
  EXPECT_EQ(good.read_status(), 101U);
  EXPECT_EQ(good.read_text().size(), 1000U);
}

TEST_F(Limit, EarlyBytesThatFollowGet503PastTheirLimit) {
  const std::string early = frame(0x81, std::string(1000, 'x'));
  limits.auth_bytes_max = early.size();
  begin();
  RawClient good = raw();
  RawClient bad = raw();
  for (RawClient* each : {&good, &bad}) each->send(request("/guarded"));
  eventually([&] { return door.asked == 2; });
  good.send(early);
  bad.send(early);
  EXPECT_TRUE(bad.silent());
  bad.send("\x81");
  EXPECT_EQ(bad.read_status(), 503U);
  expect_rejected("auth_flood", 1);
  door.opens = true;
  EXPECT_EQ(good.read_status(), 101U);
  EXPECT_EQ(good.read_text().size(), 1000U);
}

TEST_F(Limit, AuthenticationsPastTheirLimitGet503) {
  limits.authentications_max = 2;
  begin();
  RawClient one = raw();
  RawClient two = raw();
  one.send(request("/guarded"));
  two.send(request("/guarded"));
  eventually([&] { return door.asked == 2; });
  EXPECT_EQ(test::metric(app.port(), "microframe_authentications"), 2);
  RawClient three = raw();
  three.send(request("/guarded"));
  const std::string refused = three.read_head();
  EXPECT_EQ(refused.substr(9, 3), "503");
  EXPECT_NE(refused.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(status_of(request("/ws")), 101U) << "who needs no look-up gets in";
  expect_rejected("auth_overload", 1);
  door.opens = true;
  EXPECT_EQ(one.read_status(), 101U);
  EXPECT_EQ(two.read_status(), 101U);
  EXPECT_EQ(status_of(request("/guarded")), 101U);
  EXPECT_EQ(test::metric(app.port(), "microframe_authentications"), 0);
}

TEST_F(Limit, LeavingPeerReleasesItsAuthentication) {
  limits.authentications_max = 1;
  begin();
  RawClient gone = raw();
  gone.send(request("/guarded"));
  eventually([&] { return door.asked == 1; });
  gone.reset();
  eventually([&] { return test::metric(app.port(), "microframe_authentications") == 0; });
  door.opens = true;
  EXPECT_EQ(status_of(request("/guarded")), 101U);
}

// --- messages ---

TEST_F(Limit, TooBigMessageClosesWith1009) {
  limits.message_bytes_max = 1000;
  begin();
  const std::string most(1000, 'x');
  for (const bool in_fragments : {false, true}) {
    const auto of = [&](const std::string& message) {
      return in_fragments ? frame(0x01, message.substr(0, 400)) + frame(0x80, message.substr(400))
                          : frame(0x81, message);
    };
    RawClient made = client("alice");
    made.send(of(most));
    EXPECT_EQ(made.read_text(), most);
    made.send(of(most + "x"));
    EXPECT_EQ(made.read_close(), 1009U);
  }
  expect_rejected("message_too_big", 2);
}

TEST_F(Limit, TooManyFragmentsCloseWith1008) {
  limits.fragments_max = 10;
  begin();
  const auto message = [](int fragments) {
    std::string bytes = frame(0x01, "x");
    for (int i = 2; i < fragments; ++i) bytes += frame(0x00, "x");
    return bytes + frame(0x80, "x");
  };
  RawClient made = client("alice");
  made.send(message(10));
  EXPECT_EQ(made.read_text(), std::string(10, 'x'));
  made.send(message(11));
  EXPECT_EQ(made.read_close(), 1008U);
  expect_rejected("protocol_error", 1);
}

TEST_F(Limit, TooManyMessagesCloseWith4429) {
  limits.messages_per_second = 0.001;
  limits.messages_burst = 5;
  begin();
  RawClient made = client("alice");
  for (int i = 0; i < 5; ++i) {
    made.send_text("x");
    EXPECT_EQ(made.read_text(), "x");
  }
  made.send_text("x");
  EXPECT_EQ(made.read_close(), 4429U);
  expect_rejected("too_many_messages", 1);
}

// --- rooms ---

TEST_F(Limit, TooLongRoomNameIsInvalid) {
  begin();
  RawClient made = client("alice", "/rooms");
  EXPECT_EQ(join(made, std::string(255, 'r')), kJoined);
  EXPECT_EQ(join(made, std::string(256, 'r')), kNameInvalid);
  EXPECT_EQ(join(made, ""), kNameInvalid);
  EXPECT_EQ(joiner.join_room("alice", std::string(256, 'r')), ws::JoinResult::name_invalid);
  EXPECT_EQ(join(made, "r"), kJoined) << "the connection lives";
  expect_rejected("room_name", 3);
}

TEST_F(Limit, ConnectionCannotJoinTooManyRooms) {
  limits.rooms_per_connection_max = 3;
  begin();
  RawClient made = client("alice", "/rooms");
  for (const char* room : {"1", "2", "3"}) EXPECT_EQ(join(made, room), kJoined);
  EXPECT_EQ(join(made, "4"), kTooMany);
  RawClient other = client("bob", "/rooms");
  EXPECT_EQ(join(other, "4"), kJoined);
  EXPECT_EQ(joiner.join_room("alice", "5"), ws::JoinResult::too_many_rooms);
  expect_rejected("too_many_rooms", 2);
}

TEST_F(Limit, EndpointCannotHoldTooManyRooms) {
  limits.rooms_max = 3;
  begin();
  RawClient made = client("alice", "/rooms");
  RawClient other = client("bob", "/rooms");
  for (const char* room : {"1", "2", "3"}) EXPECT_EQ(join(made, room), kJoined);
  EXPECT_EQ(join(other, "4"), kTooMany);
  EXPECT_EQ(join(other, "3"), kJoined) << "a room that is there takes who comes";
  made.send_close();
  eventually([&] { return joiner.connection_count() == 1; });
  eventually(
      [&] { return test::metric(app.port(), "microframe_rooms{endpoint=\"/rooms\"}") == 1; });
  EXPECT_EQ(join(other, "4"), kJoined);
  expect_rejected("too_many_rooms", 1);
}

// --- connections ---

TEST_F(Limit, FullServerAnswers503) {
  limits.connections_max = 3;
  begin();
  std::vector<RawClient> kept;
  for (int i = 0; i < 3; ++i) {
    auto [made, status] = keep("127.0.0.1", "u" + std::to_string(i));
    EXPECT_EQ(status, 101U);
    kept.push_back(std::move(made));
  }
  RawClient fourth = raw();
  fourth.send(request());
  const std::string refused = fourth.read_head();
  EXPECT_EQ(refused.substr(9, 3), "503");
  EXPECT_NE(refused.find("Retry-After: "), std::string::npos);
  // Whoever looks after the server can still see its health.
  EXPECT_EQ(status_of("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 200U);
  EXPECT_EQ(test::metric(app.port(), "microframe_admitted"), 3);
  expect_rejected("server_full", 1);
  kept.pop_back();
  eventually([&] { return status_of(request()) == 101U; });
}

TEST_F(Limit, FullAddressGets429) {
  limits.connections_per_address_max = 2;
  begin();
  auto [one, one_status] = keep("127.0.0.5", "a");
  const auto [two, two_status] = keep("127.0.0.5", "b");
  EXPECT_EQ(one_status, 101U);
  EXPECT_EQ(two_status, 101U);
  EXPECT_EQ(keep("127.0.0.5", "c").second, 429U);
  EXPECT_EQ(keep("127.0.0.6", "c").second, 101U);
  expect_rejected("address_full", 1);
  one.reset();
  eventually([&] { return keep("127.0.0.5", "c").second == 101U; });
}

TEST_F(Limit, NewDeviceReplacesTheOldestWith4409) {
  limits.devices_per_user_max = 2;
  begin();
  auto [one, one_status] = keep("127.0.0.1", "alice");
  auto [two, two_status] = keep("127.0.0.1", "alice");
  one.send_text("x");
  EXPECT_EQ(one.read_text(), "x");
  const auto [three, three_status] = keep("127.0.0.1", "alice");
  EXPECT_EQ(three_status, 101U);
  EXPECT_EQ(one.read_close(), 4409U);
  two.send_text("x");
  EXPECT_EQ(two.read_text(), "x");
  expect_rejected("replaced", 1);
}

TEST_F(Limit, HandshakeFloodGets503) {
  limits.handshakes_per_second = 0.001;
  limits.handshakes_burst = 3;
  begin();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(request()), 101U);
  RawClient fourth = raw();
  fourth.send(request());
  const std::string refused = fourth.read_head();
  EXPECT_EQ(refused.substr(9, 3), "503");
  EXPECT_NE(refused.find("Retry-After: "), std::string::npos);
  expect_rejected("handshake_flood", 1);  // pages, such as these metrics, are still answered
}

// --- the end ---

TEST_F(Limit, UnansweredCloseIsDroppedAtItsLimit) {
  limits.closing_time = 300ms;
  begin();
  RawClient answers = client("alice");
  answers.send_close(1000);
  EXPECT_EQ(answers.read_close(), 1000U);
  RawClient silent = client("bob");
  silent.send(frame(0x83, "x"));  // the server sends a Close, which this client does not answer
  EXPECT_EQ(silent.read_close(), 1002U);
  EXPECT_TRUE(silent.at_end());
  expect_rejected("closing_timeout", 1);
}

}  // namespace
}  // namespace microframe
