// The binary in surroundings that are not kind: descriptors that are closed or few, logs that nobody
// reads, signals, Unix sockets, health checks of old.

#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "microframe/authx.hpp"
#include "support/eventually.hpp"
#include "support/neighbours.hpp"
#include "support/sanitized.hpp"
#include "support/served.hpp"
#include "support/server_process.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::answer_to;
using test::Neighbours;
using test::RawClient;
using test::ServerProcess;
using test::unix_client;
using test::upgrade_request;

constexpr const char* kHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* kNowhere = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";

std::string token(std::string_view user) {
  return authx::create_access_token(authx::AuthConfig(ServerProcess::kSecret), user, {});
}

class Process : public testing::Test {
 protected:
  std::string path(const std::string& name) const {
    return testing::TempDir() + "microframe-process-" + std::to_string(::getpid()) + "-" + name;
  }
  static bool is_healthy(std::uint16_t port) {
    return answer_to(RawClient(port), kHealth).starts_with("HTTP/1.1 200 ");
  }

  // For `./dev scenarios`: neighbours in the ready chat, from here to report_neighbours(), which
  // comes before the server's end. A room that one is in already is joined again, without a word to
  // others.
  void invite_neighbours(std::uint16_t port) {
    if (!Neighbours::file()) return;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<RawClient>(port));
      clients.back()->send(
          upgrade_request("/ws/chat?token=" + token("beside" + std::to_string(i))));
      EXPECT_EQ(clients.back()->read_status(), 101U);
    }
    neighbours_.emplace(
        std::move(clients), 640,
        Neighbours::Words{R"({"type":"join_room","room":"beside"})", R"({"type":"joined_room")"});
  }
  void report_neighbours() {
    if (!neighbours_) return;
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    neighbours_->report(test->name(), !HasFailure());
    neighbours_.reset();
  }

 private:
  std::optional<Neighbours> neighbours_;
};

// --- 12: the log ---

TEST_F(Process, B12_ALogWhoseReaderHasGoneDoesNotEndTheServer) {
  ServerProcess server({"--listen", "127.0.0.1:0"});
  const std::uint16_t port = server.port();
  invite_neighbours(port);
  server.close_log();
  for (int i = 0; i < 3; ++i) EXPECT_NE(answer_to(RawClient(port), kNowhere), "");
  EXPECT_TRUE(is_healthy(port));
  // The log has a thread of its own.
  test::eventually([&] { return test::metric(port, "microframe_log_lines_lost_total") > 0; });
  report_neighbours();
  EXPECT_EQ(server.ends_by(SIGTERM), 0);
}

TEST_F(Process, B12_ALogThatNobodyReadsStopsNeitherTheLoopsNorTheEnd) {
  ServerProcess server({"--listen", "127.0.0.1:0", "--threads", "1"}, [] {
    ::fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096);
    ::fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (::write(STDERR_FILENO, "x", 1) == 1) {
    }
    ::fcntl(STDERR_FILENO, F_SETFL, 0);
  });
  const std::uint16_t port = server.port();
  invite_neighbours(port);
  for (int i = 0; i < 20; ++i) EXPECT_NE(answer_to(RawClient(port), kNowhere), "");
  EXPECT_TRUE(is_healthy(port));
  report_neighbours();
  EXPECT_EQ(server.ends_by(SIGTERM, 8s), 0);
}

// --- 13: descriptors and signals ---

TEST_F(Process, B13_StandardDescriptorsMayBeClosed) {
  for (const std::vector<int>& closed :
       std::vector<std::vector<int>>{{0}, {1}, {2}, {0, 1}, {0, 1, 2}}) {
    const std::string at = path("closed");
    ServerProcess server({"--listen", "unix:" + at}, [&] {
      for (const int fd : closed) ::close(fd);
    });
    EXPECT_NE(answer_to(unix_client(at), kNowhere), "");
    EXPECT_TRUE(answer_to(unix_client(at), kHealth).starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(server.ends_by(SIGTERM), 0) << closed.size() << " closed, the first: " << closed[0];
  }
}

TEST_F(Process, B13_AServerWithoutStandardErrorEndsWell) {
  for (const char* threads : {"1", "2"}) {
    ServerProcess server({"--listen", "127.0.0.1:0", "--threads", threads},
                         [] { ::close(STDERR_FILENO); });
    EXPECT_TRUE(is_healthy(server.port()));
    EXPECT_EQ(server.ends_by(SIGTERM), 0);
  }
}

TEST_F(Process, B13_SignalsThatMeanNothingDoNotEndTheServer) {
  ServerProcess server({"--listen", "127.0.0.1:0"});
  const std::uint16_t port = server.port();
  EXPECT_TRUE(is_healthy(port));
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) {
    server.signal(number);
    EXPECT_TRUE(is_healthy(port)) << number;
  }
  EXPECT_NE(server.log("SIGHUP: nothing to reload").find("SIGHUP: nothing"), std::string::npos);
  EXPECT_EQ(server.ends_by(SIGTERM), 0);
}

TEST_F(Process, B13_TooFewDescriptorsToStartWithAreSaid) {
  for (const rlim_t few : {8, 20, 28}) {
    ServerProcess server({"--listen", "127.0.0.1:0", "--threads", "1"}, [few] {
      const rlimit limit{few, few};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    });
    EXPECT_NE(server.log("imit of open files").find("imit of open files"), std::string::npos);
    EXPECT_EQ(server.ends(), 1) << few;
  }
}

// --- 14: descriptors are full ---

TEST_F(Process, B14_HealthIsAnsweredWhenAsManyAreConnectedAsTheDescriptorsLeave) {
  ServerProcess server({"--listen", "127.0.0.1:0", "--threads", "1"}, [] {
    const rlimit limit{40, 90};  // the soft one is raised
    ::setrlimit(RLIMIT_NOFILE, &limit);
  });
  const std::uint16_t port = server.port();
  invite_neighbours(port);
  std::vector<RawClient> crowd;
  std::size_t in = 0;
  for (unsigned status = 101; status == 101 && in < 100; ++in) {
    crowd.emplace_back(port);
    crowd.back().send(upgrade_request("/ws/chat?token=" + token("u" + std::to_string(in))));
    status = crowd.back().read_status();
    EXPECT_TRUE(status == 101 || status == 503) << status;
  }
  if (!Neighbours::file()) {
    EXPECT_GT(in, 40U) << "the soft limit was not raised";
  }
  EXPECT_LT(in, 90U);
  for (int i = 0; i < 60; ++i) crowd.emplace_back(port);  // and say nothing
  EXPECT_TRUE(is_healthy(port));
  EXPECT_TRUE(is_healthy(port));
  EXPECT_NE(server.log("connections max=").find("limit of open files"), std::string::npos);
  EXPECT_EQ(test::rejected(port, "out_of_descriptors"), 0);
  report_neighbours();
}

// --- 15: HTTP/1.0 ---

TEST_F(Process, B15_HealthChecksByHttp10AreAnsweredWithoutAWarning) {
  ServerProcess server({"--listen", "127.0.0.1:0"});
  const std::uint16_t port = server.port();
  EXPECT_TRUE(
      answer_to(RawClient(port), "OPTIONS / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(
      answer_to(RawClient(port), "OPTIONS * HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
  const std::string page = answer_to(RawClient(port), "GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(page.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer_to(RawClient(port), "HEAD / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
  std::string upgrade = upgrade_request("/ws/chat?token=" + token("alice"));
  upgrade.replace(upgrade.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_EQ(test::rejected(port, "bad_request"), 0);
  EXPECT_TRUE(answer_to(RawClient(port), upgrade).starts_with("HTTP/1.1 505 "));
}

// A client may close its own side with its request, as `nc -N` does.
TEST_F(Process, B17_ARequestWhoseStreamEndsWithItIsAnswered) {
  ServerProcess server({"--listen", "127.0.0.1:0"});
  const std::uint16_t port = server.port();
  for (int i = 0; i < 20; ++i) {
    RawClient client(port);
    client.send("GET /chat.js HTTP/1.1\r\nHost: x\r\n\r\n");
    ::shutdown(client.fd(), SHUT_WR);
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 200 "));
  }
}

// --- 16: addresses ---

// A kernel without IPv6, as far as the process can tell.
void forbid_ipv6() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

TEST_F(Process, B16_EveryInterfaceIsIPv4AloneWhereThereIsNoIPv6) {
  ServerProcess server({"--listen", ":0"}, [] { forbid_ipv6(); });
  EXPECT_TRUE(is_healthy(server.port()));
  EXPECT_EQ(server.ends_by(SIGTERM), 0);
}

TEST_F(Process, B16_AnAddressOfIPv6AloneIsAnnouncedAsItIs) {
  ServerProcess server({"--listen", "[::]:0"});
  EXPECT_TRUE(server.where().starts_with("http://[::]:"));
}

TEST_F(Process, B16_AUnixSocketHasItsModeAndIsGoneAfterACleanEnd) {
  const std::string at = path("mode");
  ServerProcess server({"--listen", "unix:" + at, "--mode", "0606"});
  EXPECT_TRUE(answer_to(unix_client(at), kHealth).starts_with("HTTP/1.1 200 "));
  struct stat found{};
  ASSERT_EQ(::stat(at.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0606U);
  EXPECT_EQ(server.ends_by(SIGTERM), 0);
  EXPECT_NE(::stat(at.c_str(), &found), 0);
}

TEST_F(Process, B16_AnAbstractSocketIsServed) {
  const std::string name = "@microframe-process-" + std::to_string(::getpid());
  ServerProcess server({"--listen", "unix:" + name});
  EXPECT_TRUE(answer_to(unix_client(name), kHealth).starts_with("HTTP/1.1 200 "));
}

// --- 19: options ---

TEST_F(Process, B19_MetricsAndHealthHaveAListenerOfTheirOwnOrNone) {
  const std::string at = path("metrics");
  ServerProcess server({"--listen", "127.0.0.1:0"}, {}, ("unix:" + at).c_str());
  const char* ask = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::uint16_t port = server.port();
  EXPECT_TRUE(answer_to(RawClient(port), ask).starts_with("HTTP/1.1 404 "));
  EXPECT_NE(answer_to(unix_client(at), ask).find("microframe_admitted "), std::string::npos);
  EXPECT_TRUE(answer_to(unix_client(at), kHealth).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(answer_to(unix_client(at), upgrade_request("/ws/chat?token=" + token("alice")))
                  .starts_with("HTTP/1.1 404 "));
  EXPECT_FALSE(is_healthy(port));
  EXPECT_EQ(server.ends_by(SIGTERM), 0);
  ServerProcess none({"--listen", "127.0.0.1:0"}, {}, nullptr);
  const std::uint16_t without = none.port();
  EXPECT_TRUE(answer_to(RawClient(without), ask).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(answer_to(RawClient(without), kHealth).starts_with("HTTP/1.1 404 "));
}

TEST_F(Process, B19_ImpossibleOptionsAreRefused) {
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{"--max-message", "-1"},
                                             {"--max-message", "0"},
                                             {"--threads", "-1"},
                                             {"--coalesce", "-1ms"},
                                             {"--coalesce", "2000ms"},
                                             {"--leeway", "2h"},
                                             {"--leeway", "-1s"},
                                             {"--trusted-proxy", "0.0.0.0/0"},
                                             {"--trusted-proxy", "::/0"},
                                             {"--mode", "0660"}}) {
    std::vector<std::string> arguments = {"--listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), bad.begin(), bad.end());
    ServerProcess server(arguments);
    const int code = server.ends();
    EXPECT_GT(code, 0) << bad[0] << " " << bad[1];
    EXPECT_LT(code, 128) << bad[0] << " " << bad[1];
  }
}

TEST_F(Process, B19_SocketsOfSystemdAreServed) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&where), size) + ::listen(fd, 100), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size);
  ServerProcess server({"--listen", "systemd", "--threads", "2"}, [fd] {
    ::dup2(fd, 3);
    ::fcntl(3, F_SETFD, 0);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  });
  ::close(fd);
  EXPECT_EQ(server.port(), ntohs(where.sin_port));
  EXPECT_TRUE(is_healthy(ntohs(where.sin_port)));
  EXPECT_EQ(server.ends_by(SIGTERM), 0);
  ServerProcess without({"--listen", "systemd"});
  EXPECT_EQ(without.ends(), 1);
}

TEST_F(Process, B19_AMalformedContentLengthIsABadRequest) {
  ServerProcess server({"--listen", "127.0.0.1:0"});
  const std::uint16_t port = server.port();
  for (const char* field : {"Content-Length: x", "Content-Length: 1\r\nContent-Length: 2",
                            "Transfer-Encoding: chunked"}) {
    EXPECT_TRUE(answer_to(RawClient(port),
                          std::string("GET / HTTP/1.1\r\nHost: x\r\n") + field + "\r\n\r\n")
                    .starts_with("HTTP/1.1 400 "))
        << field;
  }
}

}  // namespace
}  // namespace microframe
