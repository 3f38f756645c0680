// TLS on sockets: OpenSSL's own client, or our own, at the other end.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/rand.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>

#include "microframe/config_error.hpp"
#include "net/socket.hpp"
#include "net/tls_context.hpp"
#include "net/tls_session.hpp"
#include "support/buffer.hpp"
#include "support/certificates.hpp"
#include "support/tls_client.hpp"
#include "unit/net/loop_thread.hpp"

namespace microframe::net {
namespace {

using test::buffer;
using test::Certificate;
using test::CertificateSpec;
using test::RawClient;
using test::TemporaryFile;
using test::TlsClient;
using test::TlsClientOptions;

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(size));
  return text;
}

// What a Socket tells, kept.
class TlsPeer final : public SocketEvents {
 public:
  void on_receive(base::MutableBytes bytes) override {
    received += base::as_text(bytes);
    if (react) react();
  }
  void on_end(EndReason reason) override {
    end_reason = reason;
    failure = socket->tls_failure();
    ++ends;
  }
  void on_drained() override { ++drains; }
  void on_secured() override {
    ++secured;
    if (when_secured) when_secured();
  }
  void on_plaintext() override { ++plaintexts; }

  std::optional<Socket> socket;
  std::string received;
  std::string failure;
  std::optional<EndReason> end_reason;
  std::function<void()> react;
  std::function<void()> when_secured;
  std::atomic<int> ends{0};
  std::atomic<int> drains{0};
  std::atomic<int> secured{0};
  std::atomic<int> plaintexts{0};
};

// A pair of connected descriptors; the first is non-blocking.
struct Pair {
  Pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ours = fds[0];
    theirs = fds[1];
    EXPECT_EQ(::fcntl(ours, F_SETFL, O_NONBLOCK), 0);
  }
  int ours;
  int theirs;
};

// A server's socket on a loop, and the other end of its stream.
class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    const Pair pair;
    thread.on_loop([&] {
      peer.socket.emplace(thread.loop, pair.ours, peer);
      peer.socket->secure(context->accept());
    });
    stream.emplace(RawClient::adopt(pair.theirs));
  }
  ~TlsTest() override {
    thread.on_loop([&] { peer.socket.reset(); });
  }
  // A client that has shaken hands.
  TlsClient client(const TlsClientOptions& with = {}) {
    TlsClient made(std::move(*stream), with);
    EXPECT_TRUE(made.shake_hands());
    return made;
  }
  void send(std::string_view text) {
    thread.on_loop([&] { peer.socket->send(buffer(text)); });
  }
  static std::string read(TlsClient& from, std::size_t size) {
    std::string text;
    while (text.size() < size && from.read_some()) text = from.rest();
    return text;
  }
  // Waits until it holds on the loop; ctest's limit ends a wait in vain.
  void eventually(const std::function<bool()>& holds) {
    for (bool held = false; !held; std::this_thread::yield())
      thread.on_loop([&] { held = holds(); });
  }

  Certificate certificate;
  TemporaryFile certificate_file{certificate.pem()};
  TemporaryFile key_file{certificate.key_pem()};
  TlsOptions options{certificate_file.path(), key_file.path()};
  std::shared_ptr<const TlsContext> context = TlsContext::server(options);
  LoopThread thread;
  TlsPeer peer;
  std::optional<RawClient> stream;
};

class TlsVersions : public TlsTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(All, TlsVersions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(TlsVersions, BytesGoBothWaysAndBothEndsAreTold) {
  TlsClient made = client({.version = GetParam()});
  EXPECT_EQ(SSL_version(made.ssl()), GetParam());
  made.send("ping");
  eventually([&] { return peer.received == "ping"; });
  EXPECT_EQ(peer.secured, 1);
  send("pong");
  EXPECT_EQ(read(made, 4), "pong");
  // One end is closed: the other may go on (RFC 8446 §6.1).
  thread.on_loop([&] { peer.socket->finish(); });
  EXPECT_FALSE(made.read_some());
  EXPECT_TRUE(made.was_closed());
  made.send(" after");
  eventually([&] { return peer.received == "ping after"; });
  made.close();
  eventually([&] { return peer.ends == 1; });
  EXPECT_EQ(peer.end_reason, EndReason::eof);
}

TEST_P(TlsVersions, AStreamThatEndsWithoutCloseNotifyIsBroken) {
  {
    TlsClient made = client({.version = GetParam()});
    made.send("half a mes");
  }
  eventually([&] { return peer.ends == 1; });
  EXPECT_EQ(peer.received, "half a mes");
  EXPECT_EQ(peer.end_reason, EndReason::reset);
}

TEST_F(TlsTest, OlderVersionsAreRefused) {
  TlsClient made(std::move(*stream), {.version = TLS1_1_VERSION});
  SSL_set_security_level(made.ssl(), 0);
  EXPECT_FALSE(made.shake_hands());
  eventually([&] { return peer.ends == 1; });
  EXPECT_EQ(peer.end_reason, EndReason::tls_failed);
  EXPECT_EQ(peer.failure, "unsupported protocol");
}

TEST_F(TlsTest, SmallFramesOfAnIterationShareARecord) {
  TlsClient made = client();
  static int records;
  records = 0;
  SSL_set_msg_callback(made.ssl(), [](int, int, int type, const void*, std::size_t, SSL*, void*) {
    if (type == SSL3_RT_INNER_CONTENT_TYPE) ++records;
  });
  std::string expected;
  thread.on_loop([&] {
    for (int i = 0; i < 60; ++i) {
      peer.socket->send(buffer("frame " + std::to_string(i)));
      expected += "frame " + std::to_string(i);
    }
  });
  EXPECT_EQ(read(made, expected.size()), expected);
  EXPECT_LE(records, 1 + 2);  // and the tickets
  EXPECT_GE(records, 1);
}

// Frames of every size around a record's, alone and together.
TEST_F(TlsTest, FramesOfAnySizeComeInOrder) {
  TlsClient made = client();
  std::string expected;
  for (const std::size_t size :
       {1U, 16383U, 16384U, 16385U, 5U, 100'000U, 70'000U, 16000U, 3U, 384U, 1U}) {
    const std::string text = noise(size);
    expected += text;
    send(text);
  }
  thread.on_loop([&] {
    for (std::size_t size = 1; size < 40'000; size += 1111) {
      const std::string text = noise(size);
      expected += text;
      peer.socket->send(buffer(text));
    }
  });
  EXPECT_EQ(read(made, expected.size()), expected);
}

TEST_F(TlsTest, WaitsForAFullKernelAndTellsWhenTheOutboxHasDrained) {
  TlsClient made = client();
  const std::string big = noise(4 << 20);
  thread.on_loop([&] {
    peer.socket->send(buffer(big));
    EXPECT_GE(peer.socket->buffered(), big.size());  // what TLS has to say itself may wait too
  });
  eventually([&] { return peer.socket->blocked_since_ms() != 0; });
  // Every byte is counted: here, encrypted or not, or with the kernel, where records are longer
  // than what they hold.
  int with_kernel = 0;
  ASSERT_EQ(::ioctl(made.fd(), FIONREAD, &with_kernel), 0);
  thread.on_loop([&] {
    EXPECT_GE(peer.socket->buffered() + static_cast<std::size_t>(with_kernel), big.size());
  });
  EXPECT_EQ(read(made, big.size()), big);
  eventually([&] { return peer.drains == 1; });
  thread.on_loop([&] { EXPECT_EQ(peer.socket->buffered(), 0U); });
}

// What is encrypted has begun to leave; what is not may still be passed.
TEST_F(TlsTest, UrgentFramesPassFramesThatAreNotEncryptedYet) {
  TlsClient made = client();
  const std::string big(1 << 20, 'x');
  thread.on_loop([&] {
    for (int i = 0; i < 4; ++i) peer.socket->send(buffer(big));
  });
  eventually([&] { return peer.socket->blocked_since_ms() != 0; });
  thread.on_loop([&] { peer.socket->send_urgent(buffer("!")); });
  const std::string all = read(made, 4 * big.size() + 1);
  EXPECT_LE(all.find('!'), big.size());
}

TEST_F(TlsTest, ReceivesMegabytesAtOnce) {
  TlsClient made = client();
  const std::string big = noise(4 << 20);
  std::thread sender([&] { made.send(big); });
  eventually([&] { return peer.received.size() == big.size(); });
  sender.join();
  EXPECT_EQ(peer.received, big);
}

// The records of a whole session cut at every few bytes: each piece is a turn of its own.
TEST_F(TlsTest, RecordsMayComeInPiecesOfAnySize) {
  TlsClient made = client();
  std::string expected;
  std::string pieces;
  for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    const std::string text = noise(step * 40);
    expected += text;
    for (const char byte : made.sealed(text)) {
      pieces += byte;
      if (pieces.size() < step) continue;
      ASSERT_TRUE(made.send_raw(std::exchange(pieces, {})));
      thread.on_loop([] {});
    }
    ASSERT_TRUE(made.send_raw(std::exchange(pieces, {})));
    eventually([&] { return peer.received.size() == expected.size(); });
  }
  EXPECT_EQ(peer.received, expected);
}

// Two of our own, on one loop, each as fast as it can.
TEST(TlsBothWays, MegabytesGoBothWaysAtOnce) {
  const Certificate certificate;
  const TemporaryFile certificate_file(certificate.pem());
  const TemporaryFile key_file(certificate.key_pem());
  const auto server = TlsContext::server({certificate_file.path(), key_file.path()});
  TlsTrust trust;
  trust.ca_file = certificate_file.path();
  const auto client = TlsContext::client(trust);
  const std::string texts[] = {noise(8 << 20), noise(8 << 20)};
  const Pair pair;
  ASSERT_EQ(::fcntl(pair.theirs, F_SETFL, O_NONBLOCK), 0);
  TlsPeer peers[2];
  LoopThread thread;
  thread.on_loop([&] {
    peers[0].socket.emplace(thread.loop, pair.ours, peers[0]);
    peers[0].socket->secure(server->accept());
    peers[1].socket.emplace(thread.loop, pair.theirs, peers[1]);
    peers[1].socket->secure(client->connect("localhost"));
    // Before the handshake: it waits.
    for (int i = 0; i < 2; ++i) peers[i].socket->send(buffer(texts[i]));
  });
  bool done = false;
  while (!done) {
    thread.on_loop([&] {
      done = peers[0].ends + peers[1].ends != 0 || (peers[0].received.size() == texts[1].size() &&
                                                    peers[1].received.size() == texts[0].size());
    });
  }
  thread.on_loop([&] {
    EXPECT_TRUE(peers[0].received == texts[1]);
    EXPECT_TRUE(peers[1].received == texts[0]);
    peers[0].socket.reset();
    peers[1].socket.reset();
  });
}

// --- ends ---

TEST_F(TlsTest, FinishAndCloseSendsTheQueueFirst) {
  TlsClient made = client();
  const std::string big = noise(1 << 20);
  thread.on_loop([&] {
    peer.socket->send(buffer(big));
    peer.socket->finish_and_close();
  });
  EXPECT_EQ(read(made, big.size()), big);
  EXPECT_FALSE(made.read_some());
  EXPECT_TRUE(made.was_closed());
  eventually([&] { return peer.ends == 1; });
}

TEST_F(TlsTest, AForgedRecordEndsTheStream) {
  TlsClient made = client();
  std::string record = made.sealed("a message");
  record.back() = static_cast<char>(record.back() ^ 1);
  ASSERT_TRUE(made.send_raw(record));
  eventually([&] { return peer.ends == 1; });
  EXPECT_EQ(peer.received, "");
  EXPECT_EQ(peer.end_reason, EndReason::tls_failed);
  EXPECT_EQ(peer.failure, "decryption failed or bad record mac");
}

// The peer goes away at each byte of its part of the handshake.
TEST(TlsHandshake, MayBreakOffAnywhere) {
  const Certificate certificate;
  const TemporaryFile certificate_file(certificate.pem());
  const TemporaryFile key_file(certificate.key_pem());
  const auto context = TlsContext::server({certificate_file.path(), key_file.path()});
  LoopThread thread;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    bool whole = false;
    for (std::size_t bytes = 0; !whole; bytes += bytes < 16 ? 1 : 13) {
      const Pair pair;
      TlsPeer peer;
      thread.on_loop([&] {
        peer.socket.emplace(thread.loop, pair.ours, peer);
        peer.socket->secure(context->accept());
      });
      {
        TlsClient made(RawClient::adopt(pair.theirs), {.version = version});
        made.break_off_after(bytes);
        whole = made.shake_hands();
      }
      while (peer.ends == 0) std::this_thread::yield();
      thread.on_loop([&] {
        EXPECT_NE(peer.end_reason, EndReason::eof);
        EXPECT_LE(peer.secured, 1);
        peer.socket.reset();
      });
      EXPECT_EQ(peer.ends, 1);
    }
  }
}

TEST_F(TlsTest, TheSocketMayBeDestroyedInsideAnyCallback) {
  thread.on_loop([&] { peer.when_secured = [&] { peer.socket.reset(); }; });
  TlsClient made(std::move(*stream), {.version = TLS1_2_VERSION});
  made.shake_hands();
  EXPECT_FALSE(made.read_some());
  thread.on_loop([&] { EXPECT_FALSE(peer.socket); });
}

TEST_F(TlsTest, TheSocketMayBeDestroyedWhileItReceives) {
  TlsClient made = client();
  thread.on_loop([&] { peer.react = [&] { peer.socket.reset(); }; });
  made.send("x");
  EXPECT_FALSE(made.read_some());
  thread.on_loop([&] { EXPECT_EQ(peer.received, "x"); });
}

TEST_F(TlsTest, TellsPlainTextFromTls) {
  stream->send("GET / HTTP/1.1\r\n");
  eventually([&] { return peer.plaintexts == 1; });
  eventually([&] { return peer.received == "GET / HTTP/1.1\r\n"; });
  send("in plain words");
  std::string text(14, '\0');
  ASSERT_EQ(::recv(stream->fd(), text.data(), text.size(), MSG_WAITALL), 14);
  EXPECT_EQ(text, "in plain words");
}

TEST_F(TlsTest, BytesThatAreNeitherTlsNorTextFail) {
  stream->send(std::string_view("\0\1\2\3\4\5\6\7\10\11\12", 11));
  eventually([&] { return peer.ends == 1; });
  EXPECT_EQ(peer.end_reason, EndReason::tls_failed);
  EXPECT_EQ(peer.plaintexts, 0);
  EXPECT_NE(peer.failure, "");
}

// --- reading and writing that wait for each other ---

TEST_F(TlsTest, PausesAndResumesReading) {
  TlsClient made = client();
  thread.on_loop([&] { peer.react = [&] { peer.socket->pause_reading(); }; });
  made.send("one");
  eventually([&] { return peer.received == "one"; });
  made.send("two");
  for (int i = 0; i < 10; ++i) thread.on_loop([] {});
  thread.on_loop([&] {
    EXPECT_EQ(peer.received, "one");
    peer.react = {};
    peer.socket->resume_reading();
  });
  eventually([&] { return peer.received == "onetwo"; });
}

TEST_F(TlsTest, AnswersAPeerThatAsksForNewKeys) {
  TlsClient made = client();
  for (int i = 0; i < 20; ++i) {
    SSL_key_update(made.ssl(), SSL_KEY_UPDATE_REQUESTED);
    made.send("x");
  }
  eventually([&] { return peer.received == std::string(20, 'x'); });
  send("answer");
  EXPECT_EQ(read(made, 6), "answer");
}

TEST_F(TlsTest, CutsAPeerThatAsksForKeysWithoutEndAndReadsNothing) {
  TlsClient made = client();
  for (int i = 0; i < 100'000 && peer.ends == 0; ++i) {
    SSL_key_update(made.ssl(), SSL_KEY_UPDATE_REQUESTED);
    if (!made.go_on()) break;
  }
  eventually([&] { return peer.ends == 1; });
  EXPECT_EQ(peer.end_reason, EndReason::tls_failed);
  EXPECT_EQ(peer.failure, "asks and does not read the answers");
}

// A server of OpenSSL's own, in memory, whose session tickets are so long that each takes several
// records.
class LongTickets {
 public:
  explicit LongTickets(const Certificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_, certificate.x509());
    SSL_CTX_use_PrivateKey(context_, certificate.key());
    const auto lengthen = [](SSL* ssl, void*) {
      const std::string data(3000, 'd');
      return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), data.data(), data.size());
    };
    SSL_CTX_set_session_ticket_cb(context_, lengthen, nullptr, nullptr);
    SSL_CTX_set_num_tickets(context_, 1);
    ssl_ = SSL_new(context_);
    SSL_set_max_send_fragment(ssl_, 512);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_);
  }
  ~LongTickets() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  // returns: what it answers.
  std::string hear(std::string_view records) {
    if (!records.empty())
      BIO_write(SSL_get_rbio(ssl_), records.data(), static_cast<int>(records.size()));
    char bytes[4096];
    const int size = SSL_read(ssl_, bytes, sizeof bytes);
    if (size > 0) heard.append(bytes, static_cast<std::size_t>(size));
    std::string answer(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
    if (!answer.empty())
      BIO_read(SSL_get_wbio(ssl_), answer.data(), static_cast<int>(answer.size()));
    return answer;
  }
  bool is_secured() const { return SSL_is_init_finished(ssl_) == 1; }
  std::string heard;

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
};

// OpenSSL does not write data while it is in the middle of reading what concerns the handshake.
TEST(TlsWaiting, FramesSentInTheMiddleOfATicketWaitForItsEnd) {
  const Certificate certificate;
  const TemporaryFile certificate_file(certificate.pem());
  TlsTrust trust;
  trust.ca_file = certificate_file.path();
  const auto context = TlsContext::client(trust);
  LongTickets server(certificate);
  const Pair pair;
  RawClient stream = RawClient::adopt(pair.theirs);
  TlsPeer peer;
  LoopThread thread;
  thread.on_loop([&] {
    peer.socket.emplace(thread.loop, pair.ours, peer);
    peer.socket->secure(context->connect("localhost"));
  });
  const auto hear = [&] {
    char bytes[4096];
    const ssize_t size = ::recv(stream.fd(), bytes, sizeof bytes, 0);
    return server.hear({bytes, static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
  };
  std::string answer;
  while (!server.is_secured()) {
    if (!answer.empty()) stream.send(answer);
    answer = hear();
  }
  ASSERT_GT(answer.size(), 3000U);  // the ticket
  stream.send(answer.substr(0, 1000));
  thread.on_loop([] {});
  thread.on_loop([&] { peer.socket->send(buffer("late, but whole")); });
  for (bool waits = false; !waits;)
    thread.on_loop([&] { waits = peer.socket->blocked_since_ms() != 0; });
  // Nor does the loop ask again and again meanwhile; ctest's limit ends a wait in vain.
  while (!thread.is_asleep()) std::this_thread::yield();
  EXPECT_EQ(peer.drains, 0);
  stream.send(answer.substr(1000));
  while (server.heard.empty()) hear();
  EXPECT_EQ(server.heard, "late, but whole");
  while (peer.drains == 0) std::this_thread::yield();
  thread.on_loop([&] { peer.socket.reset(); });
}

TEST(TlsLater, AStreamMayBecomeSecureAfterBytesHaveCome) {
  const Certificate certificate;
  const TemporaryFile certificate_file(certificate.pem());
  const TemporaryFile key_file(certificate.key_pem());
  const auto context = TlsContext::server({certificate_file.path(), key_file.path()});
  LoopThread thread;
  for (const bool at_once : {true, false}) {
    const Pair pair;
    TlsPeer peer;
    bool is_secure = false;
    constexpr std::string_view kPreface = "a line\r\n";
    thread.on_loop([&] {
      peer.socket.emplace(thread.loop, pair.ours, peer);
      peer.react = [&] {
        if (std::exchange(is_secure, true)) return;
        const std::string all = std::exchange(peer.received, {});
        peer.socket->secure(context->accept(), base::as_bytes(all).subspan(kPreface.size()));
      };
    });
    TlsClient made(RawClient::adopt(pair.theirs), {});
    if (at_once) {
      made.send_before_first(kPreface);
    } else {
      made.send_raw(kPreface);
      for (bool came = false; !came;) thread.on_loop([&] { came = is_secure; });
    }
    EXPECT_TRUE(made.shake_hands());
    made.send("x");
    bool came = false;
    while (!came) thread.on_loop([&] { came = peer.received == "x"; });
    thread.on_loop([&] { peer.socket.reset(); });
  }
}

}  // namespace
}  // namespace microframe::net
