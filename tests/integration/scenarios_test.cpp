// What peers will do, and what the server does then: each scenario by its number, on real sockets, with a
// healthy neighbour that must go on undisturbed.

#include <algorithm>
#include <atomic>
#include <chrono>

#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::frame;
using test::Length;
using test::RawClient;
using test::upgrade_request;

using Echo = test::EchoChat;
using test::Scenario;

// --- the handshake ---

TEST_F(Scenario, S01_HeadersOneByteASecondAreCutAtTheHeadsTimeLimit) {
  limits.head_time = 300ms;
  begin();
  expect_rejected("head_timeout");
  const auto begun = std::chrono::steady_clock::now();
  RawClient slow = raw();
  const std::string request = good_request();
  bool open = true;
  for (std::size_t i = 0; open && i < 40; ++i) {
    open = slow.send(request.substr(i, 1));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(slow.read_status(), 408U);
  expect_ended_at(limits.head_time, begun);
  EXPECT_TRUE(slow.at_end());
}

// CVE-2023-43669: CPU that grew with the square of the head. Four times the bytes in as small pieces cost
// four times as much.
TEST_F(Scenario, S02_AHugeHeadInChunksIs431InLinearTime) {
  constexpr std::size_t kHuge = 20 * 1024 * 1024;
  limits.head_bytes_max = kHuge;
  begin();
  expect_rejected("head_too_large", 3);
  const std::string chunk(4096, 'x');
  const auto send_head = [&](RawClient& made, std::size_t size) {
    made.send("GET /ws HTTP/1.1\r\nHost: x\r\nX: ");
    for (std::size_t sent = 0; sent < size; sent += chunk.size()) made.send(chunk);
  };
  const auto quarter = test::least_cpu(3, [&] {
    RawClient made = raw();
    send_head(made, kHuge / 4);
    ::shutdown(made.fd(), SHUT_WR);
    EXPECT_TRUE(made.at_end());
  });
  const auto whole = test::least_cpu(3, [&] {
    RawClient made = raw();
    send_head(made, kHuge);
    EXPECT_EQ(made.read_status(), 431U);
  });
  EXPECT_LT(whole, 8 * quarter);
}

TEST_F(Scenario, S03_TwoThousandFieldsAre431) {
  begin();
  expect_rejected("head_too_large");
  std::string fields;
  for (int i = 0; i < 2000; ++i) fields += "X:\r\n";
  EXPECT_EQ(status_of(good_request(fields)), 431U);
}

TEST_F(Scenario, S04_AProtocolHeaderOfSpacesIsRefusedAtOnce) {  // CVE-2021-32640
  limits.head_bytes_max = 64 * 1024;
  begin();
  expect_rejected("bad_request", 10);
  const std::string request = good_request("Sec-WebSocket-Protocol: b" + std::string(32'768, ' ') + "x\r\n");
  const auto cpu = test::least_cpu(10, [&] { EXPECT_EQ(status_of(request), 400U); });
  EXPECT_LT(cpu, test::kAtOnceCpu);
}

// From many addresses, so that ports do not run out; many at a time, which saves switching between the
// threads. That the memory stays flat is the fixture's promise.
TEST_F(Scenario, S05_BadKeys100kTimesAre400AndTheMemoryStaysFlat) {
  constexpr int kRounds = test::kSanitized ? 40 : 2000;
  constexpr int kAtOnce = 50;
  limits.handshakes_per_second = 0;
  begin();
  expect_rejected("bad_request", kRounds * kAtOnce);
  std::string malformed = good_request();
  malformed.replace(malformed.find("dGhl"), 4, "!!!!");
  const std::string missing =
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
      "13\r\n\r\n";
  for (int round = 0; round < kRounds; ++round) {
    const std::string source = "127.0.1." + std::to_string(1 + round % 20);
    std::vector<RawClient> flood;
    for (int i = 0; i < kAtOnce; ++i) {
      flood.push_back(test::client_from(source.c_str(), app.port()));
      flood.back().send(i % 2 ? malformed : missing);
    }
    for (RawClient& one : flood) ASSERT_EQ(one.read_status(), 400U);
    for (RawClient& one : flood) one.reset();
  }
}

TEST_F(Scenario, S06_AnotherVersionIs426NamingThirteen) {
  begin();
  expect_rejected("upgrade_required");
  RawClient made = raw();
  std::string request = good_request();
  made.send(request.replace(request.find("Version: 13"), 11, "Version: 8"));
  const std::string head = made.read_head();
  EXPECT_EQ(head.substr(9, 3), "426");
  EXPECT_NE(head.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
}

// The offers that are taken: compression_test.cpp.
TEST_F(Scenario, S07_StrangeExtensionsAreDeclined) {
  begin();
  for (const char* value :
       {"constructor", "permessage-deflate; constructor", "x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"}) {
    RawClient made = raw();
    made.send(good_request("Sec-WebSocket-Extensions: "s + value + "\r\n"));
    const std::string head = made.read_head();
    EXPECT_EQ(head.substr(9, 3), "101") << value;
    EXPECT_EQ(head.find("Extensions"), std::string::npos) << value;
  }
  EXPECT_EQ(status_of(good_request("Sec-WebSocket-Extensions: permessage-deflate; x=\"\r\n")), 400U);
}

TEST_F(Scenario, S08_AnUpgradeWithABodyIs400) {
  begin();
  expect_rejected("bad_request", 3);
  EXPECT_EQ(status_of(good_request("Content-Length: 5\r\n") + "hello"), 400U);
  EXPECT_EQ(status_of(good_request("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"), 400U);
  EXPECT_EQ(status_of(good_request("Content-Length: 0\r\nContent-Length: 0\r\n")), 400U);
}

// Lets nobody in until it is told.
class Door : public authx::AuthManager {
 public:
  std::atomic<bool> opens{false};
  std::atomic<bool> welcome{true};
  std::atomic<int> asked{0};
  Task<std::optional<authx::User>> get_user_by_email(std::string) override { co_return std::nullopt; }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    ++asked;
    while (!opens) co_await sleep_for(5ms);
    if (!welcome) co_return std::nullopt;
    co_return authx::User(id, "");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

class Guarded : public Scenario {
 protected:
  Door door;
  Echo& guarded = app.route<Echo>("/guarded", auth, door);
  std::string request() const { return upgrade_request("/guarded?token=" + token("alice")); }
};

TEST_F(Guarded, S09_EarlyFramesAreHeldAndHandledOnceTheUserIsIn) {
  begin();
  RawClient early = raw();
  early.send(request() + frame(0x81, "first") + frame(0x81, "second"));
  eventually([&] { return door.asked == 1; });
  early.send(frame(0x81, "third"));
  EXPECT_TRUE(early.silent());
  door.opens = true;
  EXPECT_EQ(early.read_status(), 101U);
  EXPECT_EQ(early.read_text(), "first");
  EXPECT_EQ(early.read_text(), "second");
  EXPECT_EQ(early.read_text(), "third");
}

TEST_F(Guarded, S09_EarlyFramesAreNeverHandledIfTheUserIsRefused) {
  begin();
  expect_rejected("unauthenticated");
  RawClient early = raw();
  early.send(request() + frame(0x81, "first"));
  eventually([&] { return door.asked == 1; });
  door.welcome = false;
  door.opens = true;
  EXPECT_EQ(early.read_status(), 101U);
  EXPECT_EQ(early.read_text(), R"({"error":"unauthorized"})");
  EXPECT_EQ(early.read_close(), 4401U);
  EXPECT_EQ(guarded.connects + guarded.messages, 0);
}

TEST_F(Guarded, S09_EarlyFramesAreHeldWithinABound) {
  limits.auth_bytes_max = 10'000;
  begin();
  expect_rejected("auth_flood");
  RawClient early = raw();
  early.send(request());
  eventually([&] { return door.asked == 1; });
  early.send(frame(0x82, std::string(20'000, 'x')));
  EXPECT_EQ(early.read_status(), 503U);
  door.opens = true;
}

class Slow : public ws::ChatBase {
 public:
  std::atomic<int> began{0};
  std::atomic<int> ended{0};
  std::atomic<int> disconnects{0};
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    ++began;
    const std::chrono::milliseconds wait(message.at("wait").as_int64());
    co_await sleep_for(wait);
    socket.send(message);
    ++ended;
  }
  Task<> on_disconnect(ws::WebSocket& socket, const ws::UserId&, const ws::DisconnectReason&) {
    co_await sleep_for(1ms);
    socket.send({{"never", "sent"}});
    ++disconnects;
  }
};

TEST_F(Guarded, S10_ResetsInEveryStateLeaveNothingBehind) {
  Slow& slow = app.route<Slow>("/slow", auth);
  begin(2);
  raw().reset();
  RawClient half = raw();
  half.send("GET /ws HT");
  half.reset();
  RawClient waiting = raw();
  waiting.send(request());
  eventually([&] { return door.asked == 1; });
  waiting.reset();
  RawClient in_frame = client("a");
  in_frame.send(frame(0x81, "cut").substr(0, 4));
  in_frame.reset();
  RawClient in_message = client("a");
  in_message.send(frame(0x01, "cut"));
  in_message.reset();
  RawClient in_hook = client("a", "/slow");
  in_hook.send_text(R"({"wait":50})");
  eventually([&] { return slow.began == 1; });
  in_hook.reset();
  RawClient closing = client("a");
  closing.send_close();
  closing.reset();
  eventually([&] { return slow.ended == 1 && slow.disconnects == 1; });
  eventually([&] {
    return slow.connection_count() == 0 && echo.connection_count() == 1 && guarded.connection_count() == 0;
  });
}

// CVE-2020-7694. What is refused by its bytes is not logged, and what is logged is one line, of printable
// ASCII, in which a value cannot look like another.
TEST_F(Scenario, S12_ControlCharactersInThePathAreEscapedInTheLog) {
  begin();
  expect_rejected("bad_request", 3);
  expect_rejected("not_found", 3);
  for (const char* raw_path : {"/\x1B[31m", "/\r", "/a\nb"})
    EXPECT_EQ(status_of("GET "s + raw_path + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400U);
  const auto get = [&](const std::string& path) {
    RawClient made = raw();
    made.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = made.read_all();
    EXPECT_EQ(answer.substr(9, 3), "404");
    EXPECT_TRUE(answer.ends_with("\r\n\r\nno such path\n")) << answer;
  };
  get("/%1b[31m%0d%0a");
  get("/reason=none");
  get("/" + std::string(100, 'x'));
  EXPECT_TRUE(log.has(" detail=/%1b[31m%0d%0a\n")) << log.text();
  EXPECT_TRUE(log.has(" detail=\"/reason=none\"\n")) << log.text();
  EXPECT_TRUE(log.has(" detail=/" + std::string(63, 'x') + "\n")) << log.text();  // no token fits in there
  const std::string all = log.text();
  const auto printable = [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; };
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), printable)) << all;
}

// --- authentication (tokens: token_scenarios_test.cpp) ---

TEST_F(Scenario, S24_TheOrderDecidesBetweenDifferentTokens) {
  begin();
  RawClient made = raw();
  made.send(upgrade_request("/ws?token=" + token("alice"), "Authorization: Bearer " + token("bob") + "\r\n"));
  EXPECT_EQ(made.read_status(), 101U);
  eventually([&] { return echo.is_connected("alice"); });
  EXPECT_FALSE(echo.is_connected("bob"));
}

TEST_F(Scenario, S25_ACookieFromAForeignOriginIs403) {
  begin();
  expect_rejected("forbidden_origin", 5);
  const std::string cookie = "Cookie: access_token=" + token("alice") + "\r\n";
  for (const char* origin :
       {"https://evil.example", "null", "https://app.example.evil.example", "https://xapp.example"}) {
    EXPECT_EQ(status_of(upgrade_request("/ws", cookie + "Origin: " + origin + "\r\n")), 403U) << origin;
  }
  EXPECT_EQ(status_of(upgrade_request("/ws", cookie)), 403U);
}

TEST_F(Scenario, AuthRefusalByHttpIs401BeforeTheUpgrade) {
  authx::AuthConfig strict = auth;
  strict.auth_refusal = authx::AuthRefusal::http;
  app.route<Echo>("/strict", strict);
  begin();
  expect_rejected("unauthenticated");
  EXPECT_EQ(status_of(upgrade_request("/strict?token=bad")), 401U);
}

class Refresher : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    socket.send({{"good", socket.refresh_token(text(message, "token"))}});
  }
};

TEST_F(Scenario, S26_AFreshTokenOfTheSameUserExtendsASession) {
  app.route<Refresher>("/refresh", auth);
  begin();
  expect_rejected("token_expired");
  RawClient kept = raw();
  kept.send(upgrade_request("/refresh?token=" + token("alice", Options().ttl(2s))));
  EXPECT_EQ(kept.read_status(), 101U);
  kept.send_text(R"({"token":")" + token("bob") + R"("})");
  EXPECT_EQ(kept.read_text(), R"({"good":false})");
  kept.send_text(R"({"token":"garbage"})");
  EXPECT_EQ(kept.read_text(), R"({"good":false})");
  kept.send_text(R"({"token":")" + token("alice") + R"("})");
  EXPECT_EQ(kept.read_text(), R"({"good":true})");
  RawClient lost = raw();
  const std::string short_lived = token("alice", Options().ttl(2s));
  lost.send(upgrade_request("/refresh?token=" + short_lived));
  EXPECT_EQ(lost.read_status(), 101U);
  EXPECT_EQ(lost.read_close(), 4401U);  // as long as the first one's, had it not been refreshed
  expect_ended_with(short_lived);
  EXPECT_TRUE(kept.silent());
}

// --- frames ---

TEST_F(Scenario, S29_BadFramesAre1002) {
  begin();
  expect_rejected("protocol_error", 10);
  for (const std::string& bad :
       {frame(0x81, "x", Length::minimal, false), frame(0xC1, "x"), frame(0x83, "x"), frame(0x8B, ""),
        frame(0x09, ""), frame(0x89, std::string(126, 'x')), frame(0x82, "five", Length::two),
        frame(0x82, "five", Length::eight), frame(0x80, "x"), frame(0x01, "a") + frame(0x81, "b")}) {
    EXPECT_EQ(close_of(bad), 1002U);
  }
}

TEST_F(Scenario, S30and31_HugeLengthsAreRefusedAtTheHeader) {
  begin();
  expect_rejected("protocol_error");
  expect_rejected("message_too_big", 2);
  EXPECT_EQ(close_of("\x82\xFF\x80\0\0\0\0\0\0\0...."s), 1002U);
  EXPECT_EQ(close_of("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF...."s), 1009U);
  EXPECT_EQ(close_of("\x82\xFF\0\0\0\0\0\x10\0\x01...."s), 1009U);  // 1 MiB and one
}

TEST_F(Scenario, S33_EndlessEmptyFragmentsAre1008) {
  limits.messages_per_second = 0;
  begin();
  expect_rejected("protocol_error");
  std::string endless = frame(0x01, "");
  for (int i = 0; i < 1100; ++i) endless += frame(0x00, "");
  EXPECT_EQ(close_of(endless), 1008U);
}

TEST_F(Scenario, S34_FloodsOfPingsAndPongsAre4429) {
  begin();
  expect_rejected("too_many_messages", 2);
  for (const char opcode : {'\x89', '\x8A'}) {
    std::string flood;
    for (int i = 0; i < 300; ++i) flood += frame(static_cast<unsigned char>(opcode), "p");
    EXPECT_EQ(close_of(flood), 4429U);
  }
}

TEST_F(Scenario, S35_BadClosesAre1002Or1007) {
  begin();
  expect_rejected("protocol_error", 3);
  EXPECT_EQ(close_of(frame(0x88, "\x03")), 1002U);
  EXPECT_EQ(close_of(frame(0x88, "\x03\xED")), 1002U);
  EXPECT_EQ(close_of(frame(0x88, "\x03\xE8\xFF")), 1007U);
}

class Closer : public ws::BaseWebSocket {
 public:
  std::atomic<int> disconnects{0};
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json&) {
    socket.close(4000, "enough");
    socket.close(4001, "again");
    sent_after = socket.send({{"after", "close"}});
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    EXPECT_EQ(reason.cause, ws::DisconnectCause::server_closed);
    EXPECT_EQ(reason.code, 4000);
    ++disconnects;
  }
  std::atomic<bool> sent_after{true};
};

TEST_F(Scenario, S36_ACloseThatIsNeverAnsweredIsDroppedAtItsLimit) {
  Closer& closer = app.route<Closer>("/closer", auth);
  limits.closing_time = 200ms;
  begin();
  expect_rejected("closing_timeout");
  RawClient made = client("alice", "/closer");
  const auto begun = std::chrono::steady_clock::now();
  made.send_text("{}");
  EXPECT_EQ(made.read_close(), 4000U);
  EXPECT_TRUE(made.at_end());
  expect_ended_at(limits.closing_time, begun);
  EXPECT_EQ(closer.disconnects, 1);
  EXPECT_FALSE(closer.sent_after);
}

TEST_F(Scenario, S39_InvalidTextAcrossFragmentsIs1007AtOnce) {
  begin();
  expect_rejected("protocol_error", 2);
  EXPECT_EQ(close_of(frame(0x01, "\xCE\xBA") + frame(0x00, "\xED\xA0")), 1007U);
  EXPECT_EQ(close_of(frame(0x81, "ok\xFF" + std::string(1000, 'x')).substr(0, 20)), 1007U);
}

// --- hooks ---

class Thrower : public ws::ChatBase {
 public:
  std::atomic<int> disconnects{0};
  Task<> on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    const bool later = message.at("later").as_bool();
    if (later) co_await sleep_for(1ms);
    throw std::runtime_error("the hook's own");
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    EXPECT_EQ(reason.cause, ws::DisconnectCause::hook_failed);
    ++disconnects;
  }
};

TEST_F(Scenario, S46_BadJsonGetsAnErrorReply) {
  Refresher& json = app.route<Refresher>("/json", auth);
  begin();
  expect_rejected("bad_message", 6);
  RawClient made = client("alice", "/json");
  for (const std::string& bad : {"{"s, std::string(1000, '['), "{\"token\":1}"s, "[]"s, "null"s}) {
    made.send_text(bad);
    EXPECT_EQ(made.read_text().substr(0, 9), R"({"error":)") << bad;
  }
  made.send(frame(0x82, "{}"));
  EXPECT_EQ(made.read_text().substr(0, 31), R"({"error":"binary_not_supported")");
  EXPECT_EQ(json.connection_count(), 1U);
}

TEST_F(Scenario, S47_AHookThatThrowsClosesWith1011) {
  Thrower& thrower = app.route<Thrower>("/thrower", auth);
  begin();
  expect_rejected("hook_failed", 2);
  for (const char* later : {"false", "true"}) {
    RawClient made = client("alice", "/thrower");
    made.send_text(R"({"later":)"s + later + "}");
    EXPECT_EQ(made.read_close(), 1011U);
  }
  eventually([&] { return thrower.disconnects == 2 && thrower.connection_count() == 0; });
}

TEST_F(Scenario, S47_HooksOfOneConnectionRunOneAtATimeAndPingsAreAnsweredMeanwhile) {
  app.route<Slow>("/slow", auth);
  begin();
  RawClient made = client("alice", "/slow");
  made.send_text(R"({"wait":300,"n":1})");
  made.send_text(R"({"wait":1,"n":2})");
  made.send(frame(0x89, "ping"));
  EXPECT_EQ(made.read_frame().payload, "ping");
  EXPECT_EQ(made.read_text(), R"({"wait":300,"n":1})");
  EXPECT_EQ(made.read_text(), R"({"wait":1,"n":2})");
}

TEST_F(Scenario, S47_ReadingStopsWhileAHookIsBehind) {
  Slow& slow = app.route<Slow>("/slow", auth);
  limits.waiting_bytes_max = 1000;
  limits.messages_per_second = 0;
  begin();
  RawClient made = client("alice", "/slow");
  made.send_text(R"({"wait":100})");
  const std::string filler = R"({"wait":0,"pad":")" + std::string(500, 'x') + R"("})";
  for (int i = 0; i < 100; ++i) made.send_text(filler);
  for (int i = 0; i < 101; ++i) made.read_text();
  EXPECT_EQ(slow.ended, 101);
}

// --- users and rooms ---

TEST_F(Scenario, S59_OfTwoDevicesOneClosesAndTheUserStays) {
  begin(2);
  RawClient one = client("alice");
  RawClient two = client("alice");
  eventually([&] { return echo.device_count("alice") == 2; });
  one.send_close();
  EXPECT_EQ(one.read_close(), 1000U);
  eventually([&] { return echo.device_count("alice") == 1; });
  EXPECT_TRUE(echo.is_connected("alice"));
}

class Rooms : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "r"); }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const auto number = message.at("n").as_int64();
    if (number % 3 == 0) leave_room(socket, "r");
    if (number % 3 == 1) join_room(socket, "r");
    if (number % 3 == 2) broadcast_to_room("r", message);
  }
};

TEST_F(Scenario, S60_LeaveJoinAndCloseDuringABroadcastGivesEachMemberEachMessageOnce) {
  Rooms& rooms = app.route<Rooms>("/rooms", auth);
  limits.messages_per_second = 0;
  begin(2);
  std::atomic<bool> ends{false};
  std::thread churn([&] {
    for (int round = 0; !ends; ++round) {
      RawClient other = client("churn" + std::to_string(round % 7), "/rooms");
      for (int i = 0; i < 6; ++i) other.send_text(R"({"n":)" + std::to_string(i) + "}");
    }
  });
  RawClient steady = client("steady", "/rooms");
  eventually([&] { return rooms.get_user_rooms("steady").size() == 1; });
  for (int i = 0; i < 2000; ++i) rooms.broadcast_to_room("r", {{"tick", i}});
  int next = 0;
  while (next < 2000) {
    const std::string text = steady.read_text();
    if (text.find("tick") == std::string::npos) continue;
    EXPECT_EQ(text, R"({"tick":)" + std::to_string(next++) + "}");
  }
  ends = true;
  churn.join();
  eventually([&] { return rooms.get_room_members("r") == std::vector<std::string>{"steady"}; });
}

// --- the end ---

TEST_F(Scenario, StopClosesEveryConnectionWith1012AndRunsItsHooks) {
  begin(2);
  std::vector<RawClient> crowd;
  for (int i = 0; i < 10; ++i) crowd.push_back(client("u" + std::to_string(i)));
  eventually([&] { return echo.connection_count() == 11; });
  app.stop();
  for (RawClient& one : crowd) {
    EXPECT_EQ(one.read_close(), 1012U);
    one.send_close(1012);
    EXPECT_TRUE(one.at_end());
  }
  EXPECT_EQ(neighbour->read_close(), 1012U);
  neighbour.reset();
  app.wait();
  EXPECT_EQ(echo.disconnects, 11);
}

TEST_F(Scenario, StopDoesNotWaitForEverForAHookThatDoes) {
  Slow& slow = app.route<Slow>("/slow", auth);
  limits.drain_time = 200ms;
  begin();
  RawClient made = client("alice", "/slow");
  made.send_text(R"({"wait":3600000})");
  eventually([&] { return slow.began == 1; });
  neighbour.reset();
  app.stop();
  app.wait();
  EXPECT_EQ(slow.ended, 0);
}

}  // namespace
}  // namespace microframe
