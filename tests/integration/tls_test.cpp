// Applications over TLS: handshakes that stall, fail or are shortened; certificates that change
// while the application serves; and plain connections' rules, which hold over TLS too.

#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <csignal>

#include "support/served.hpp"
#include "support/tls_fixture.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::frame;
using test::named;
using test::RawClient;
using test::TemporaryFile;
using test::Tls;
using test::TlsClient;
using test::TlsClientOptions;
using test::upgrade_request;

class TlsVersions : public Tls, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(All, TlsVersions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(TlsVersions, MessagesOfEverySizeAreEchoed) {
  begin();
  TlsClient client = open("alice", {.version = GetParam()});
  EXPECT_EQ(SSL_version(client.ssl()), GetParam());
  for (const std::size_t size : {0U, 1U, 125U, 126U, 16'383U, 16'384U, 65'536U, 1'048'576U}) {
    expect_echo(client, std::string(size, 'x'));
  }
  client.send_close();
  EXPECT_EQ(client.read_close(), 1000U);
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(client.was_closed());
}

TEST_P(TlsVersions, BigMessagesGoBothWaysAtOnce) {
  limits.outbox_bytes_max = 16 << 20;  // the client reads only when it has sent everything
  begin();
  TlsClient client = open("alice", {.version = GetParam()});
  const std::string big(1 << 20, 'x');
  for (int i = 0; i < 8; ++i) client.send(frame(0x82, big));
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(client.read_frame().payload == big) << i;
}

TEST_P(TlsVersions, ResumedTlsSessionShortensTheHandshake) {
  begin();
  TlsClient first = open("alice", {.version = GetParam()});
  expect_echo(first, "the ticket has come before this");
  ASSERT_NE(first.session(), nullptr);
  EXPECT_FALSE(SSL_session_reused(first.ssl()));
  // On any loop, and after a reload too, because all loops share the keys of tickets.
  std::vector<TlsClient> later;
  SSL_SESSION* session = first.session();
  for (int i = 0; i < 8; ++i) {
    TlsClient& again =
        later.emplace_back(open("alice", {.version = GetParam(), .resume = session}));
    EXPECT_TRUE(SSL_session_reused(again.ssl())) << i;
    expect_echo(again, "hello");
    if (again.session()) session = again.session();  // TLS 1.3: a ticket is valid once
    if (i == 4) {
      EXPECT_TRUE(app.reload_tls());
    }
  }
}

TEST_F(Tls, PagesAreServed) {
  begin();
  EXPECT_NE(page("/healthz").find("ok\n"), std::string::npos);
}

// --- handshakes that fail ---

TEST_F(Tls, S11_AStalledHandshakeIsClosedAtItsLimit) {
  limits.tls_handshake_time = 300ms;
  begin();
  RawClient silent = raw();
  RawClient begun = raw();
  TlsClient half(raw(), {});
  half.break_off_after(100);
  EXPECT_FALSE(half.shake_hands());
  begun.send("\x16\x03\x01");
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(begun.at_end());
  EXPECT_TRUE(half.at_end());
  EXPECT_TRUE(counts("tls_timeout", 3));
}

// One byte at a time is no progress: the limit covers the whole handshake.
TEST_F(Tls, S11_AHandshakeOneByteAtATimeIsClosedAtItsLimit) {
  limits.tls_handshake_time = 300ms;
  begin();
  RawClient slow = raw();
  slow.send(std::string("\x16\x03\x01\x10\x00\x01\x00\x0F\xFC", 9));
  bool open = true;
  for (int i = 0; open && i < 100; ++i) {
    open = slow.send("x");
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_FALSE(open);
}

TEST_F(Tls, AfterTheHandshakeTheHeadHasItsOwnTime) {
  limits.tls_handshake_time = 10s;
  limits.head_time = 300ms;
  begin();
  TlsClient client = secured();
  EXPECT_EQ(client.read_status(), 408U);
}

TEST_F(Tls, AFloodOfHandshakesCostsNoTls) {
  limits.handshakes_per_second = 0.001;
  limits.handshakes_burst = 2;
  const test::LogCapture log;
  begin();
  secured();
  RawClient late = raw();
  EXPECT_TRUE(late.at_end()) << "it is dropped before it has said a word";
  eventually([&] { return log.has("reason=handshake_flood"); });
}

TEST_F(Tls, PlainTextGets400AndAHint) {
  begin();
  for (const std::string& text :
       {upgrade_request("/ws"), std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("PRI * HTTP/2.0\r\n\r\n"), std::string("hello")}) {
    RawClient plain = raw();
    plain.send(text);
    EXPECT_EQ(plain.read_status(), 400U);
    while (plain.read_some()) {
    }
    EXPECT_NE(plain.rest().find("https:// or wss://"), std::string::npos) << plain.rest();
  }
  EXPECT_TRUE(counts("bad_request", 4));
}

TEST_F(Tls, UnknownProtocolIsCountedAndDropped) {
  begin();
  RawClient made = raw();
  made.send(std::string("\0\1\2\3\4\5\6\7", 8));
  EXPECT_TRUE(made.at_end());
  EXPECT_TRUE(counts("tls_failed", 1));
}

TEST_F(Tls, OnlyHttp11IsSpoken) {
  begin();
  TlsClient client = secured({.protocols = std::string("\x02h2\x08http/1.1")});
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  TlsClient other(raw(), {.protocols = std::string("\x02h2")});
  EXPECT_FALSE(other.shake_hands());
}

TEST_F(Tls, MinVersionRefusesTls12) {
  options.min_version(TlsVersion::tls13);
  app.tls(options);
  start();
  EXPECT_FALSE(is_served({.version = TLS1_2_VERSION}));
  EXPECT_TRUE(is_served({.version = TLS1_3_VERSION}));
}

TEST_F(Tls, ResetsInEveryStateLeaveNothingBehind) {
  begin();
  // What OpenSSL's client sends in its handshake, and how far into it.
  for (std::size_t bytes = 0;; bytes += 37) {
    TlsClient client(raw(), {.version = bytes % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION});
    client.break_off_after(bytes);
    const bool whole = client.shake_hands();
    client.reset();
    if (whole) break;
  }
  TlsClient in_head = secured();
  in_head.send("GET /ws HT");
  in_head.reset();
  TlsClient in_frame = open("a");
  in_frame.send(frame(0x81, "cut").substr(0, 4));
  in_frame.reset();
  TlsClient in_record = open("a");
  in_record.send_raw(in_record.sealed(frame(0x81, "cut")).substr(0, 9));
  in_record.reset();
  TlsClient in_answer = open("a");
  in_answer.send(frame(0x82, std::string(1 << 20, 'x')));
  in_answer.reset();
  TlsClient closing = open("a");
  closing.send_close();
  closing.reset();
  eventually([&] { return echo.connection_count() == 1 && echo.disconnects == echo.connects - 1; });
}

// --- certificates ---

TEST_F(Tls, ServerNameSelectsTheCertificate) {
  const Certificate second(named("second.example"));
  const Certificate wild(named("*.wild.example"));
  const Certificate exact(named("exact.wild.example"));
  const TemporaryFile files[] = {TemporaryFile(second.pem()), TemporaryFile(second.key_pem()),
                                 TemporaryFile(wild.pem()),   TemporaryFile(wild.key_pem()),
                                 TemporaryFile(exact.pem()),  TemporaryFile(exact.key_pem())};
  for (int i = 0; i < 6; i += 2) options.add(files[i].path(), files[i + 1].path());
  begin();
  const struct {
    const char* asked;
    const char* shown;
  } cases[] = {{"first.example", "first.example"},   {"second.example", "second.example"},
               {"a.wild.example", "*.wild.example"}, {"exact.wild.example", "exact.wild.example"},
               {"nobody.example", "first.example"},  {"", "first.example"}};
  for (const auto& each : cases) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsClient client = open("alice", {.version = version, .name = each.asked});
      EXPECT_EQ(client.server_name(), each.shown) << each.asked;
      expect_echo(client, "hello");
    }
  }
}

// --- while it serves ---

TEST_F(Tls, AReloadTouchesNoConnection) {
  begin();
  TlsClient before = open("alice");
  const Certificate next(named("next.example"));
  certificate_file.write(next.pem());
  EXPECT_FALSE(app.reload_tls());  // the key is still the old certificate's
  EXPECT_EQ(secured().server_name(), "first.example");
  key_file.write(next.key_pem());
  EXPECT_TRUE(app.reload_tls());
  EXPECT_EQ(secured().server_name(), "next.example");
  expect_echo(before, "as if nothing had happened");
  expect_echo(*neighbour, "nor here");
}

// Connects to a Unix socket. Throws while nobody listens.
TlsClient client_of(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  RawClient stream = RawClient::adopt(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  TlsClient made(std::move(stream), {});
  made.shake_hands();
  return made;
}

TEST_F(Tls, SighupReloadsAndEndsNothing) {
  std::signal(SIGHUP, SIG_IGN);  // until the server handles the signal
  const std::string path =
      testing::TempDir() + "microframe-tls-" + std::to_string(::getpid()) + ".sock";
  app.tls(options).threads(1);
  std::thread server([&] { EXPECT_EQ(app.run("unix:" + path), 0); });
  std::optional<TlsClient> before;
  eventually([&] {
    try {
      before.emplace(client_of(path));
    } catch (const std::runtime_error&) {
    }
    return before.has_value();
  });
  const Certificate next(named("next.example"));
  certificate_file.write(next.pem());
  key_file.write(next.key_pem());
  eventually([&] {
    ::kill(::getpid(), SIGHUP);
    return client_of(path).server_name() == "next.example";
  });
  EXPECT_EQ(before->server_name(), "first.example");
  before->send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(before->read_status(), 200U);
  ::kill(::getpid(), SIGTERM);
  server.join();
}

TEST_F(Tls, UnusableFilesAreReportedAtStart) {
  key_file.write("no key");
  app.tls(options);
  EXPECT_THROW(app.start("127.0.0.1:0"), ConfigError);
  EXPECT_FALSE(app.reload_tls());
}

TEST_F(Tls, SlowReaderIsCutAndDelaysNobody) {
  limits.messages_per_second = 0;
  limits.message_bytes_max = limits.outbox_bytes_max = 256 * 1024;
  begin();
  TlsClient slow = open("slow");
  std::thread talker([&] {
    const std::string big(64 * 1024, 'x');
    while (echo.connection_count() == 2) {
      echo.broadcast(Json{{"text", big}}, {"neighbour"});
      std::this_thread::sleep_for(1ms);
    }
  });
  for (int i = 0; i < 50; ++i) expect_echo(*neighbour, "hello " + std::to_string(i));
  eventually([&] { return echo.connection_count() == 1; });
  talker.join();
  EXPECT_TRUE(counts("too_slow", 1));
}

TEST_F(Tls, StopSendsEveryClientAClose) {
  begin();
  TlsClient client = open("alice");
  RawClient silent = raw();
  neighbour.reset();
  app.stop();
  EXPECT_EQ(client.read_close(), 1012U);
  client.send_close(1012);
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(client.was_closed());
  EXPECT_TRUE(silent.at_end());
}

}  // namespace
}  // namespace microframe
