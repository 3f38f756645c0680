// permessage-deflate over TLS: what works on plain connections (compression_test.cpp) also works
// where frames are cut into records, and where both TLS and deflate keep state at each end.

#include <algorithm>
#include <string>
#include <vector>

#include "support/compression.hpp"
#include "support/served.hpp"
#include "support/tls_fixture.hpp"

namespace microframe {
namespace {

using test::deflated;
using test::deflated_frame;
using test::frame;
using test::kOffer;
using test::noise;
using test::RawInflate;
using test::read_deflated;
using test::Received;
using test::talk;
using test::TlsClient;
using test::TlsClientOptions;

class TlsCompression : public test::Tls {
 protected:
  Compression compression;
  test::EchoChat& crowd = app.route<test::EchoChat>("/crowd", auth);

  void begin() {
    app.compression(compression);
    Tls::begin();
  }
  TlsClient deflating(const std::string& path = "/ws", const TlsClientOptions& with = {}) const {
    TlsClient made = secured(with);
    EXPECT_NE(test::offer(made, path + "?token=" + token("alice"), kOffer), "");
    return made;
  }
  static unsigned close_of(TlsClient made, std::string_view frames) {
    made.send(frames);
    const unsigned code = made.read_close();
    EXPECT_TRUE(made.at_end());
    return code;
  }
};

class TlsCompressionVersions : public TlsCompression, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(All, TlsCompressionVersions,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(TlsCompressionVersions, CompressedMessageIsEchoedCompressed) {
  begin();
  TlsClient made = deflating("/ws", {.version = GetParam()});
  EXPECT_EQ(SSL_version(made.ssl()), GetParam());
  for (const std::size_t size : {64U, 1'000U, 16'384U, 100'000U, 1U << 20}) {
    const std::string text = talk(size).substr(0, size);
    made.send(deflated_frame(text));
    EXPECT_TRUE(read_deflated(made) == text) << size;
    made.send(deflated_frame(noise(size), 2));
    const Received received = made.read_frame();
    EXPECT_EQ(received.first, 0x82U) << "what does not get shorter stays plain";
    EXPECT_TRUE(received.payload == noise(size)) << size;
  }
}

// A compressed message in fragments, each in its own record, and one that is spread over many
// records.
TEST_P(TlsCompressionVersions, FragmentsAndRecordsMayBeCutAnywhere) {
  begin();
  TlsClient made = deflating("/ws", {.version = GetParam()});
  const std::string payload = deflated(talk(5'000));
  made.send(frame(0x41, payload.substr(0, 10)));
  made.send(frame(0x89, "between"));
  made.send(frame(0x80, payload.substr(10)));
  EXPECT_EQ(made.read_frame().payload, "between");
  EXPECT_EQ(read_deflated(made), talk(5'000));
  const std::string whole = deflated_frame(talk(5'000));
  for (const std::size_t size : {1U, 2U, 7U}) {
    for (std::size_t at = 0; at < whole.size(); at += size) made.send(whole.substr(at, size));
    EXPECT_EQ(read_deflated(made), talk(5'000)) << size;
  }
}

TEST_P(TlsCompressionVersions, ContextTakeoverMakesTheSecondMessageShorter) {
  compression.context_takeover = true;
  begin();
  TlsClient made = secured({.version = GetParam()});
  EXPECT_EQ(test::offer(made, "/ws?token=" + token("alice"), kOffer), kOffer);
  test::RawDeflate ours;
  RawInflate theirs;
  std::size_t first = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string text = noise(500) + std::to_string(i);
    made.send(frame(0xC2, ours.message(text)));
    const Received received = made.read_frame();
    EXPECT_EQ(received.first, 0xC2U);
    ASSERT_EQ(theirs.message(received.payload), text);
    if (i == 0) first = received.payload.size();
    EXPECT_LE(received.payload.size(), i == 0 ? first : first / 3);
  }
}

TEST_P(TlsCompressionVersions, BigMessagesGoBothWaysAtOnce) {
  limits.outbox_bytes_max = 16 << 20;  // the client reads only when it has sent everything
  begin();
  TlsClient made = deflating("/ws", {.version = GetParam()});
  // The first half of the message does not get shorter, the second half does.
  const std::string big = noise(200'000) + talk(200'000);
  for (int i = 0; i < 8; ++i) made.send(deflated_frame(big, 2));
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(read_deflated(made) == big) << i;
}

TEST_F(TlsCompression, BroadcastIsCompressedOnceForAll) {
  begin();
  std::vector<TlsClient> plain;
  std::vector<TlsClient> deflate;
  for (int i = 0; i < 6; ++i) {
    plain.push_back(open("bob", {}, "/crowd"));
    deflate.push_back(deflating("/crowd"));
  }
  eventually([&] { return crowd.connection_count() == 12; });
  for (const std::size_t size : {10U, 500U, 50'000U}) {
    const std::string text = talk(size);
    crowd.broadcast(ws::Message::text(text));
    for (TlsClient& one : plain) EXPECT_EQ(one.read_text(), text);
    std::string shared;
    for (TlsClient& one : deflate) {
      const Received received = one.read_frame();
      EXPECT_EQ(received.first, size < 64 ? 0x81U : 0xC1U);
      if (shared.empty()) shared = received.payload;
      EXPECT_EQ(received.payload, shared);
    }
    EXPECT_EQ(size < 64 ? shared : RawInflate().message(shared), text);
  }
}

TEST_F(TlsCompression, S37_BombsAre1009WhileTheyAreInflated) {
  limits.message_bytes_max = 100'000;
  begin();
  const std::string bomb = deflated(std::string(64 << 20, 'b'));
  EXPECT_EQ(close_of(deflating(), frame(0xC2, bomb)), 1009U);
  EXPECT_EQ(close_of(deflating(), frame(0x42, bomb.substr(0, 1'000))),
            1009U);  // the end of the message never comes
  TlsClient good = deflating();
  good.send(deflated_frame(std::string(100'000, 'b'), 2));
  EXPECT_EQ(read_deflated(good), std::string(100'000, 'b'));
}

TEST_F(TlsCompression, S38_BadCompressedDataIs1007AndMisplacedRsv1Is1002) {
  begin();
  const std::string payload = deflated("Hello, hello, hello");
  EXPECT_EQ(close_of(deflating(), frame(0xC1, payload.substr(0, payload.size() / 2))), 1007U);
  EXPECT_EQ(
      close_of(deflating(), frame(0x41, payload.substr(0, 5)) + frame(0xC0, payload.substr(5))),
      1002U);
  EXPECT_EQ(close_of(open("alice"), deflated_frame("x")), 1002U) << "it was not agreed";
}

}  // namespace
}  // namespace microframe
