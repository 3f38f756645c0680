// The client's side of the opening handshake, RFC 6455 §4.1. Every answer is read whole, cut in two
// at every offset, and byte by byte, with equal results.

#include "client/opening.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace microframe::client {
namespace {

// §1.3: this key, and the accept value that belongs to it.
constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr const char* kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
constexpr const char* kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

std::string accepting(const std::string& fields = {}) {
  return std::string("HTTP/1.1 101 Switching Protocols\r\n") + kUpgrade + kAccept + fields + "\r\n";
}

Opening opening_with(Opening::Offer offer = {}) {
  return {parse_url("ws://a.example/ws?x=1"), std::move(offer), kKey};
}

Opening::Offer chat_offer() {
  Opening::Offer offer;
  offer.subprotocols = {"chat", "superchat"};
  return offer;
}

// What came of an answer, as one line.
std::string outcome(
    const base::Result<std::optional<Opening::Accepted>, Opening::Refused>& result) {
  if (!result) {
    const Opening::Refused& refused = result.error();
    std::string line = "refused " + std::to_string(refused.status);
    if (refused.retry_after_s) line += " retry " + std::to_string(*refused.retry_after_s);
    return line + ": " + refused.reason;
  }
  if (!*result) return "more";
  const Opening::Accepted& accepted = **result;
  std::string line = "accepted " + accepted.subprotocol;
  if (accepted.deflate) line += " deflate";
  return line + " [" + std::string(base::as_text(accepted.rest)) + "]";
}

std::string read_whole(const std::string& answer, const Opening::Offer& offer) {
  Opening opening = opening_with(offer);
  return outcome(opening.read(base::as_bytes(answer)));
}

// The bytes behind the pieces that decide are not given to the Opening, but to the connection.
std::string read_in_pieces(const std::string& answer, const Opening::Offer& offer,
                           std::size_t first, std::size_t each) {
  Opening opening = opening_with(offer);
  std::string line = "more";
  for (std::size_t at = 0; at < answer.size() && line == "more";) {
    const std::size_t size = at == 0 ? first : each;
    line = outcome(opening.read(base::as_bytes(std::string_view(answer).substr(at, size))));
    at += size;
  }
  return line;
}

void expect_outcome(const std::string& answer, const std::string& expected,
                    const Opening::Offer& offer = {}) {
  EXPECT_EQ(read_whole(answer, offer), expected) << answer;
  const std::size_t head = answer.find("\r\n\r\n");
  const std::size_t cuts = head == std::string::npos ? answer.size() : head + 4;
  for (std::size_t cut = 1; cut < cuts; ++cut)
    ASSERT_EQ(read_in_pieces(answer, offer, cut, answer.size()), expected) << answer << cut;
}

TEST(Opening, RequestNamesHostTargetAndKey) {
  const std::string request = opening_with().request();
  EXPECT_TRUE(request.starts_with("GET /ws?x=1 HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nHost: a.example\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("\r\nSec-WebSocket-Key: " + std::string(kKey) + "\r\n"), std::string::npos)
      << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n")) << request;
  EXPECT_EQ(request.find("Authorization"), std::string::npos) << request;
  EXPECT_EQ(request.find("Sec-WebSocket-Protocol"), std::string::npos) << request;
  EXPECT_EQ(request.find("Sec-WebSocket-Extensions"), std::string::npos) << request;
}

TEST(Opening, RequestHoldsTokenSubprotocolsAndDeflateThatAreOffered) {
  Opening::Offer offer = chat_offer();
  offer.token = "a.b.c";
  offer.deflate.emplace();
  const std::string request = opening_with(offer).request();
  for (const char* field :
       {"\r\nAuthorization: Bearer a.b.c\r\n", "\r\nSec-WebSocket-Protocol: chat, superchat\r\n",
        "\r\nSec-WebSocket-Extensions: permessage-deflate"})
    EXPECT_NE(request.find(field), std::string::npos) << request << field;
}

TEST(Opening, GoodAnswerIsAcceptedInWhateverPiecesItComes) {
  expect_outcome(accepting(), "accepted  []");
  expect_outcome(accepting("Sec-WebSocket-Protocol: superchat\r\n"), "accepted superchat []",
                 chat_offer());
}

TEST(Opening, AnswerWithoutASubprotocolIsAcceptedThoughSomeWereOffered) {
  expect_outcome(accepting(), "accepted  []", chat_offer());
}

TEST(Opening, FirstFramesBehindTheHeadAreKept) {
  expect_outcome(accepting() + "\x81\x02hi", "accepted  [\x81\x02hi]");
}

TEST(Opening, AnswerByteByByteIsAccepted) {
  EXPECT_EQ(read_in_pieces(accepting(), {}, 1, 1), "accepted  []");
}

TEST(Opening, DeflateIsAgreedOnlyAsItWasOffered) {
  const std::string answer = accepting("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  Opening::Offer offer;
  EXPECT_TRUE(read_whole(answer, offer).starts_with("refused 0")) << read_whole(answer, offer);
  offer.deflate.emplace();
  offer.deflate->context_takeover = true;
  expect_outcome(answer, "accepted  deflate []", offer);
  offer.deflate->context_takeover = false;
  EXPECT_TRUE(read_whole(answer, offer).starts_with("refused 0")) << read_whole(answer, offer);
}

TEST(Opening, AnswerThatBreaksTheHandshakeIsRefused) {
  const std::string status = "HTTP/1.1 101 Switching Protocols\r\n";
  const struct {
    const char* rule;
    std::string answer;
  } cases[] = {
      {"§4.1: no Upgrade", status + "Connection: Upgrade\r\n" + kAccept + "\r\n"},
      {"§4.1: another Upgrade",
       status + "Upgrade: h2c\r\nConnection: Upgrade\r\n" + kAccept + "\r\n"},
      {"§4.1: no Connection", status + "Upgrade: websocket\r\n" + kAccept + "\r\n"},
      {"§4.1: no accept value", status + kUpgrade + "\r\n"},
      {"§4.1: the accept value of another key",
       status + kUpgrade + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"},
      {"§4.1: a subprotocol that was not offered", accepting("Sec-WebSocket-Protocol: other\r\n")},
      {"§4.1: an extension that was not offered", accepting("Sec-WebSocket-Extensions: x-y\r\n")},
      {"RFC 9112 §4: no status line", "hello\r\n\r\n"},
      {"RFC 9112 §2.2: a bare LF", "HTTP/1.1 101 Switching\n\n"},
      {"RFC 9112 §2.3: HTTP/1.0",
       "HTTP/1.0 101 Switching\r\n" + std::string(kUpgrade) + kAccept + "\r\n"},
  };
  for (const auto& each : cases) {
    const std::string expected = read_whole(each.answer, chat_offer());
    EXPECT_TRUE(expected.starts_with("refused 0: ")) << each.rule << ": " << expected;
    EXPECT_GT(expected.size(), std::string("refused 0: ").size()) << each.rule;
    expect_outcome(each.answer, expected, chat_offer());
  }
}

TEST(Opening, HttpAnswerInPlaceOfTheUpgradeTellsItsStatus) {
  for (const unsigned status : {200U, 302U, 401U, 403U, 404U, 426U, 500U, 503U}) {
    const std::string number = std::to_string(status);
    const std::string line =
        read_whole("HTTP/1.1 " + number + " X\r\nContent-Length: 0\r\n\r\n", {});
    EXPECT_TRUE(line.starts_with("refused " + number + ": ")) << line;
    EXPECT_NE(line.find(number, 12), std::string::npos) << "the reason names it: " << line;
  }
}

TEST(Opening, RedirectIsNotFollowed) {
  const std::string line =
      read_whole("HTTP/1.1 301 Moved\r\nLocation: ws://b.example/\r\n\r\n", {});
  EXPECT_TRUE(line.starts_with("refused 301: ")) << line;
}

TEST(Opening, RetryAfterIsReadInSecondsOnly) {
  const struct {
    const char* value;
    std::optional<std::uint64_t> seconds;
  } cases[] = {
      {"0", 0},
      {"120", 120},
      {"Fri, 31 Dec 1999 23:59:59 GMT", std::nullopt},
      {"12x", std::nullopt},
      {"-1", std::nullopt},
      {"", std::nullopt},
      {"99999999999999999999999", std::nullopt},
  };
  for (const auto& each : cases) {
    Opening opening = opening_with();
    const std::string answer =
        "HTTP/1.1 503 Full\r\nRetry-After: " + std::string(each.value) + "\r\n\r\n";
    const auto result = opening.read(base::as_bytes(answer));
    ASSERT_FALSE(result) << each.value;
    EXPECT_EQ(result.error().status, 503U) << each.value;
    EXPECT_EQ(result.error().retry_after_s, each.seconds) << each.value;
  }
}

TEST(Opening, HeadOverTheLimitIsRefusedBeforeItsEnd) {
  Opening opening = opening_with();
  const std::string endless = "HTTP/1.1 101 X\r\nA: " + std::string(17 * 1024, 'a');
  EXPECT_FALSE(opening.read(base::as_bytes(endless)));
}

}  // namespace
}  // namespace microframe::client
