// What peers will do before they are connected, and how the server answers: each scenario by its
// number, on real sockets, beside a healthy neighbour that must not be disturbed.

#include <algorithm>
#include <chrono>

#include "support/door.hpp"
#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::EchoChat;
using test::frame;
using test::RawClient;
using test::Scenario;
using test::upgrade_request;

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

// CVE-2023-43669: the CPU time grew with the square of the head's length. Four times the bytes,
// in pieces of the same size, must cost four times as much.
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
  const std::string request =
      good_request("Sec-WebSocket-Protocol: b" + std::string(32'768, ' ') + "x\r\n");
  const auto cpu = test::least_cpu(10, [&] { EXPECT_EQ(status_of(request), 400U); });
  EXPECT_LT(cpu, test::kAtOnceCpu);
}

// From many addresses, so that ports do not run out. Many requests at a time save switching
// between threads. The fixture checks that the memory stays flat.
TEST_F(Scenario, S05_BadKeys100kTimesAre400AndTheMemoryStaysFlat) {
  constexpr int kRounds = test::kSanitized ? 40 : 2000;
  constexpr int kAtOnce = 50;
  limits.handshakes_per_second = limits.handshakes_per_address_per_second = 0;
  begin();
  expect_rejected("bad_request", kRounds * kAtOnce);
  std::string malformed = good_request();
  malformed.replace(malformed.find("dGhl"), 4, "!!!!");
  const std::string missing =
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: "
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

// Offers that are accepted: compression_test.cpp.
TEST_F(Scenario, S07_StrangeExtensionsAreDeclined) {
  begin();
  for (const char* value :
       {"constructor", "permessage-deflate; constructor", "x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"}) {
    RawClient made = raw();
    made.send(good_request("Sec-WebSocket-Extensions: "s + value + "\r\n"));
    const std::string head = made.read_head();
    EXPECT_EQ(head.substr(9, 3), "101") << value;
    EXPECT_EQ(head.find("Extensions"), std::string::npos) << value;
  }
  EXPECT_EQ(status_of(good_request("Sec-WebSocket-Extensions: permessage-deflate; x=\"\r\n")),
            400U);
}

TEST_F(Scenario, S08_AnUpgradeWithABodyIs400) {
  begin();
  expect_rejected("bad_request", 3);
  EXPECT_EQ(status_of(good_request("Content-Length: 5\r\n") + "hello"), 400U);
  EXPECT_EQ(status_of(good_request("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"), 400U);
  EXPECT_EQ(status_of(good_request("Content-Length: 0\r\nContent-Length: 0\r\n")), 400U);
}

// --- while the user is looked up ---

class Guarded : public Scenario {
 protected:
  test::Door door;
  EchoChat& guarded = app.route<EchoChat>("/guarded", auth, door);
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

TEST_F(Guarded, S10_ResetsInEveryStateLeaveNothingBehind) {
  test::SlowChat& slow = app.route<test::SlowChat>("/slow", auth);
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
    return slow.connection_count() == 0 && echo.connection_count() == 1 &&
           guarded.connection_count() == 0;
  });
}

TEST_F(Guarded, S28_AUserStoreThatHangsIs503AtTheLimitAndHoldsUpNobody) {
  constexpr int kMany = 50;
  limits.auth_time = 500ms;
  begin();
  expect_rejected("auth_timeout", kMany);
  std::vector<RawClient> waiting;
  for (int i = 0; i < kMany; ++i) {
    waiting.push_back(raw());
    waiting.back().send(upgrade_request("/guarded?token=" + token("alice" + std::to_string(i))) +
                        frame(0x81, "early"));
  }
  eventually([&] { return door.asked == kMany; });
  still_here();
  RawClient another = client("bob");
  another.send_text("x");
  EXPECT_EQ(another.read_text(), "x");
  for (RawClient& one : waiting) EXPECT_EQ(one.read_status(), 503U);
  EXPECT_EQ(guarded.messages, 0);
}

// --- what is logged ---

// CVE-2020-7694. A request that is refused because of its bytes is not logged. What is logged is
// one line of printable ASCII, in which one value cannot look like another.
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
  EXPECT_TRUE(log.has(" detail=/" + std::string(63, 'x') + "\n"))
      << log.text();  // no token is short enough to be in the log
  const std::string all = log.text();
  const auto printable = [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; };
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), printable)) << all;
}

}  // namespace
}  // namespace microframe
