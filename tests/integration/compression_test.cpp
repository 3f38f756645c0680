// permessage-deflate on sockets: what is negotiated, who receives what, and what a peer must not
// do with it.

#include <atomic>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/compression.hpp"
#include "support/deflate.hpp"
#include "support/sanitized.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::deflated;
using test::deflated_frame;
using test::EchoChat;
using test::frame;
using test::KeeperChat;
using test::kOffer;
using test::noise;
using test::RawClient;
using test::RawInflate;
using test::read_deflated;
using test::Received;
using test::talk;
using test::upgrade_request;

constexpr char kStateless[] =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

class Broadcaster : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message& message) {
    broadcast(message);
  }
};

class CompressionTest : public test::AppTest {
 protected:
  EchoChat& echo = app.route<EchoChat>("/ws", auth);
  Compression compression;

  void begin(std::size_t threads = 1) {
    app.compression(compression);
    start(threads);
  }
  // A client whose offer is answered; `answer` is the value of the response's field, "" if there
  // is none.
  RawClient offering(const std::string& offer, std::string& answer,
                     const std::string& path = "/ws") {
    RawClient made = raw();
    answer = test::offer(made, path + "?token=" + token("alice"), offer);
    return made;
  }
  RawClient deflating(const std::string& path = "/ws", const std::string& offer = kOffer) {
    std::string answer;
    RawClient made = offering(offer, answer, path);
    EXPECT_NE(answer, "");
    return made;
  }
  void expect_counted(const std::string& labels, std::size_t bytes) {
    RawClient page = raw();
    page.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string text = page.read_all();
    const std::string line =
        "microframe_compressed_bytes_total{" + labels + "} " + std::to_string(bytes) + "\n";
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  unsigned close_of(std::string_view frames) {
    RawClient made = deflating();
    made.send(frames);
    const unsigned code = made.read_close();
    EXPECT_TRUE(made.at_end());
    return code;
  }
};

// --- the handshake ---

TEST_F(CompressionTest, S07_OffersAreAnsweredOrDeclined) {
  begin();
  const std::pair<std::string, std::string> cases[] = {
      {"permessage-deflate", kStateless},
      {"permessage-deflate; client_max_window_bits", kStateless},
      {"permessage-deflate; server_max_window_bits=10",
       kStateless + "; server_max_window_bits=10"s},
      {"constructor, permessage-deflate", kStateless},
      {"permessage-deflate; server_max_window_bits=7, permessage-deflate", kStateless},
      {"permessage-deflate; server_max_window_bits=8", ""},
      {"permessage-deflate; constructor", ""},
      {"permessage-deflate; client_max_window_bits=16", ""},
      {"permessage-deflate; client_max_window_bits=10; client_max_window_bits=10", ""},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
  };
  for (const auto& [offer, expected] : cases) {
    std::string answer;
    RawClient made = offering(offer, answer);
    EXPECT_EQ(answer, expected) << offer;
    made.send_text("hello");
    EXPECT_EQ(made.read_text(), "hello");
  }
}

TEST_F(CompressionTest, ClientWithoutOfferGetsPlainMessages) {
  begin();
  RawClient made = client("alice");
  made.send_text(talk(1000));
  EXPECT_EQ(made.read_text(), talk(1000));
  made.send(deflated_frame("x"));
  EXPECT_EQ(made.read_close(), 1002U);
}

TEST_F(CompressionTest, DisabledCompressionIsNotNegotiated) {
  compression.enabled = false;
  begin();
  std::string answer;
  RawClient made = offering(kOffer, answer);
  EXPECT_EQ(answer, "");
  made.send_text(talk(1000));
  EXPECT_EQ(made.read_text(), talk(1000));
}

TEST_F(CompressionTest, RefusedClientGetsPlainText) {
  begin();
  RawClient made = raw();
  made.send(upgrade_request("/ws?token=bad", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_EQ(made.read_head().find("Extensions"), std::string::npos);
  EXPECT_EQ(made.read_text(), R"({"error":"unauthorized"})");
}

TEST_F(CompressionTest, SettingsOutOfRangeAreRefused) {
  const auto refused = [&](auto change) {
    Compression bad;
    change(bad);
    EXPECT_THROW(app.compression(bad), ConfigError);
  };
  refused([](Compression& c) { c.level = 0; });
  refused([](Compression& c) { c.level = 10; });
  refused([](Compression& c) { c.window_bits = 8; });
  refused([](Compression& c) { c.window_bits = 16; });
  refused([](Compression& c) { c.memory_level = 0; });
  refused([](Compression& c) { c.memory_level = 10; });
}

// --- messages ---

TEST_F(CompressionTest, CompressedMessageIsEchoedCompressed) {
  begin();
  RawClient made = deflating();
  for (const std::size_t size : {64U, 1'000U, 100'000U, 1U << 20}) {
    const std::string text = talk(size).substr(0, size);
    made.send(deflated_frame(text));
    EXPECT_EQ(read_deflated(made), text);
    made.send(frame(0x81, text));
    EXPECT_EQ(read_deflated(made), text);
  }
  const std::string payload = deflated(talk(5'000));
  made.send(frame(0x42, payload.substr(0, 10)) + frame(0x89, "between") +
            frame(0x80, payload.substr(10)));
  EXPECT_EQ(made.read_frame().payload, "between");
  EXPECT_EQ(read_deflated(made), talk(5'000));
}

TEST_F(CompressionTest, ShortAndIncompressibleMessagesStayPlain) {
  begin();
  RawClient made = deflating();
  const std::string short_text(63, 'a');
  made.send(deflated_frame(short_text));
  EXPECT_EQ(made.read_text(), short_text);
  made.send(deflated_frame(short_text + "a"));
  EXPECT_EQ(read_deflated(made), short_text + "a");
  made.send(deflated_frame(noise(10'000), 2));
  const Received received = made.read_frame();
  EXPECT_EQ(received.first, 0x82U);
  EXPECT_EQ(received.payload, noise(10'000));
}

TEST_F(CompressionTest, ThresholdIsConfigurable) {
  compression.threshold_bytes = 1000;
  begin();
  RawClient made = deflating();
  made.send_text(std::string(999, 'a'));
  EXPECT_EQ(made.read_text(), std::string(999, 'a'));
  made.send_text(std::string(1000, 'a'));
  EXPECT_EQ(read_deflated(made), std::string(1000, 'a'));
}

TEST_F(CompressionTest, SavedBytesAreCounted) {
  begin();
  RawClient made = deflating();
  const std::string payload = deflated(talk(5'000));
  made.send(frame(0xC1, payload));
  const Received echoed = made.read_frame();
  made.send_text("short and plain");
  made.read_text();
  expect_counted(R"(direction="received",form="compressed")", payload.size());
  expect_counted(R"(direction="received",form="plain")", talk(5'000).size());
  expect_counted(R"(direction="sent",form="compressed")", echoed.payload.size());
  expect_counted(R"(direction="sent",form="plain")", talk(5'000).size());
}

// --- broadcasts ---

TEST_F(CompressionTest, ABroadcastReachesEachKindOfClientAsTheSameText) {
  app.route<Broadcaster>("/relay", auth);
  limits.connections_per_address_max = limits.devices_per_user_max = 100;
  begin(2);
  std::vector<RawClient> plain;
  std::vector<RawClient> deflate;
  std::vector<RawClient> narrow;
  for (int i = 0; i < 8; ++i) {
    plain.push_back(client("bob", "/relay"));
    deflate.push_back(deflating("/relay"));
    narrow.push_back(deflating("/relay", "permessage-deflate; server_max_window_bits=9"));
  }
  // A window of 512 bytes does not reach the beginning of this.
  std::string far = talk(600, "0123456789abcdef");
  far = "beginning " + talk(5'000, "middle ") + far + "beginning ";
  for (const std::string& text : {"short"s, talk(500), talk(513), far, talk(300'000)}) {
    deflate[0].send(deflated_frame(text));
    std::string shared;
    for (auto& one : plain) EXPECT_EQ(one.read_text(), text);
    for (auto& one : deflate) {
      const Received received = one.read_frame();
      EXPECT_EQ(received.first, text.size() < 64 ? 0x81U : 0xC1U);
      if (received.first == 0x81U) continue;
      EXPECT_EQ(RawInflate().message(received.payload), text);
      if (shared.empty()) shared = received.payload;
      EXPECT_EQ(received.payload, shared) << "one encoding for all";
    }
    for (auto& one : narrow) {
      const Received received = one.read_frame();
      EXPECT_EQ(
          received.first == 0x81U ? received.payload : RawInflate(9).message(received.payload),
          text);
    }
  }
}

TEST_F(CompressionTest, ABroadcastIsCompressedOnce) {
  Broadcaster& relay = app.route<Broadcaster>("/relay", auth);
  limits.devices_per_user_max = 100;
  begin(1);
  std::vector<RawClient> crowd;
  for (int i = 0; i < 10; ++i) crowd.push_back(deflating("/relay"));
  eventually([&] { return relay.connection_count() == 10; });
  relay.broadcast(ws::Message::text(talk(1'000)));
  relay.broadcast(ws::Message::binary(base::as_bytes(noise(1'000))));
  for (auto& one : crowd) {
    EXPECT_EQ(read_deflated(one), talk(1'000));
    EXPECT_EQ(one.read_frame().payload, noise(1'000));
  }
  expect_counted(R"(direction="sent",form="plain")", talk(1'000).size());
}

// --- context takeover ---

TEST_F(CompressionTest, ContextTakeoverMakesTheSecondMessageShorter) {
  compression.context_takeover = true;
  begin();
  std::string answer;
  RawClient made = offering(kOffer, answer);
  EXPECT_EQ(answer, "permessage-deflate");
  test::RawDeflate ours;
  RawInflate theirs;
  const std::string text =
      R"({"user":"alice","text":"a message like the one before it, and the one before that","n":)";
  std::size_t first = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string message = text + std::to_string(i) + "}";
    made.send(frame(0xC1, ours.message(message)));
    const Received received = made.read_frame();
    EXPECT_EQ(received.first, 0xC1U);
    ASSERT_EQ(theirs.message(received.payload), message);
    if (i == 0) first = received.payload.size();
    EXPECT_LE(received.payload.size(), i == 0 ? first : first / 3);
  }
  // A message that does not get shorter is compressed all the same, because the next message may
  // refer to it.
  made.send(frame(0xC2, ours.message(noise(1'000))));
  EXPECT_EQ(theirs.message(made.read_frame().payload), noise(1'000));
}

TEST_F(CompressionTest, ContextTakeoverWorksInOneDirectionAlone) {
  compression.context_takeover = true;
  begin();
  for (const char* offer : {"permessage-deflate; server_no_context_takeover",
                            "permessage-deflate; client_no_context_takeover"}) {
    std::string answer;
    RawClient made = offering(offer, answer);
    EXPECT_EQ(answer, offer);
    const bool server_keeps = answer.find("server_no") == std::string::npos;
    test::RawDeflate ours;
    RawInflate theirs;
    for (int i = 0; i < 5; ++i) {
      const std::string text = talk(2'000) + std::to_string(i);
      made.send(frame(0xC1, server_keeps ? deflated(text) : ours.message(text)));
      const Received received = made.read_frame();
      EXPECT_EQ(
          server_keeps ? theirs.message(received.payload) : RawInflate().message(received.payload),
          text);
    }
  }
}

TEST_F(CompressionTest, ConnectionPastTheBudgetHasNoContextTakeover) {
  compression.context_takeover = true;
  compression.takeover_bytes_max = 500'000;  // two connections, of about 210 KiB each
  KeeperChat& keeper = app.route<KeeperChat>("/keeper", auth);
  begin();
  std::string answer;
  RawClient one = offering(kOffer, answer);
  EXPECT_EQ(answer, "permessage-deflate");
  {
    RawClient two = offering(kOffer, answer, "/keeper");
    EXPECT_EQ(answer, "permessage-deflate");
    RawClient three = offering(kOffer, answer);
    EXPECT_EQ(answer, kStateless);
    three.send(deflated_frame(talk(1'000)));
    EXPECT_EQ(read_deflated(three), talk(1'000));
  }
  // A connection that closes releases its share, even if a handle to it is kept.
  eventually([&] { return echo.connection_count() == 1 && keeper.connection_count() == 0; });
  eventually([&] {
    RawClient again = offering(kOffer, answer);
    return answer == "permessage-deflate";
  });
}

// --- what a peer must not do ---

TEST_F(CompressionTest, S37_BombsAre1009WhileTheyAreInflated) {
  limits.message_bytes_max = 100'000;
  begin();
  RawClient good = deflating();
  good.send(deflated_frame(std::string(100'000, 'b'), 2));
  EXPECT_EQ(read_deflated(good), std::string(100'000, 'b'));
  EXPECT_EQ(close_of(deflated_frame(std::string(100'001, 'b'), 2)), 1009U);
  const std::string bomb = deflated(std::string(64 << 20, 'b'));
  EXPECT_EQ(close_of(frame(0xC2, bomb)), 1009U);
  // A fragmented message whose end never comes.
  EXPECT_EQ(close_of(frame(0x42, bomb.substr(0, 1'000))), 1009U);
  std::string crumbs = frame(0x42, bomb.substr(0, 50));
  for (std::size_t at = 50; at < 1'000; at += 50) crumbs += frame(0x00, bomb.substr(at, 50));
  EXPECT_EQ(close_of(crumbs), 1009U);
  good.send_text("still here");
  EXPECT_EQ(good.read_text(), "still here");
}

TEST_F(CompressionTest, S38_BadCompressedDataIs1007AndMisplacedRsv1Is1002) {
  begin();
  const std::string payload = deflated("Hello, hello, hello");
  EXPECT_EQ(close_of(frame(0xC1, payload.substr(0, payload.size() / 2))), 1007U);
  EXPECT_EQ(close_of(frame(0xC1, "\x06 and more")), 1007U);
  EXPECT_EQ(close_of(deflated_frame("ok\xFF")), 1007U);
  EXPECT_EQ(close_of(frame(0x41, payload.substr(0, 5)) + frame(0xC0, payload.substr(5))), 1002U);
  EXPECT_EQ(close_of(frame(0x01, "Hel") + frame(0xC0, payload)), 1002U);
  EXPECT_EQ(close_of(frame(0xC9, "ping")), 1002U);
  EXPECT_EQ(close_of(frame(0xA1, payload)), 1002U);
  EXPECT_EQ(echo.messages, 0);
}

// --- what is held ---

std::size_t resident() {
  std::ifstream status("/proc/self/statm");
  std::size_t size = 0;
  std::size_t pages = 0;
  status >> size >> pages;
  return pages * 4096;
}

TEST_F(CompressionTest, IdleConnectionsHoldNoCompressorAndNoInflater) {
  if (test::kSanitized) GTEST_SKIP() << "the sanitizers have a memory of their own";
  limits.devices_per_user_max = 1'000;
  begin();
  std::vector<RawClient> crowd;
  const auto join = [&] {
    crowd.push_back(deflating());
    crowd.back().send(deflated_frame(talk(1'000)));
    EXPECT_EQ(read_deflated(crowd.back()), talk(1'000));
  };
  for (int i = 0; i < 50; ++i) join();
  const std::size_t before = resident();
  for (int i = 0; i < 200; ++i) join();
  // A single inflater holds 42 KiB. The clients of this same process are counted too.
  EXPECT_LT(resident() - before, 200U * 20 * 1024);
}

}  // namespace
}  // namespace microframe
