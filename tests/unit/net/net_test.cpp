// The outbox by itself; loops, sockets and listeners on descriptors.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <fstream>
#include <functional>
#include <new>
#include <optional>
#include <thread>

#include "microframe/config_error.hpp"
#include "net/address.hpp"
#include "net/connector.hpp"
#include "net/descriptor.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/outbox.hpp"
#include "net/socket.hpp"
#include "support/buffer.hpp"
#include "support/counted_heap.hpp"
#include "unit/net/loop_thread.hpp"

namespace microframe::net {
namespace {

using base::SharedBuffer;
using test::buffer;

// Takes `bytes` off the front, as the kernel would.
std::string take(Outbox& outbox, std::size_t bytes) {
  iovec pieces[8];
  std::size_t offered = 0;
  const std::size_t count = outbox.gather(pieces, offered);
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  EXPECT_EQ(text.size(), offered);
  outbox.consume(std::min(bytes, offered));
  return text.substr(0, bytes);
}

TEST(Outbox, GivesBytesInOrderAtEveryCut) {
  for (std::size_t step = 1; step < 20; ++step) {
    Outbox outbox;
    std::string expected;
    std::string got;
    for (int i = 0; i < 200; ++i) {
      const std::string text = "frame " + std::to_string(i) + ";";
      outbox.push(buffer(text));
      expected += text;
      got += take(outbox, step);
    }
    while (!outbox.empty()) got += take(outbox, step);
    EXPECT_EQ(got, expected);
    EXPECT_EQ(outbox.bytes(), 0U);
  }
}

TEST(Outbox, LetsUrgentFramesPassFramesThatHaveNotBegunToLeave) {
  Outbox outbox;
  outbox.push(buffer("aaa"));
  outbox.push(buffer("bbb"));
  EXPECT_EQ(take(outbox, 1), "a");
  outbox.push_urgent(buffer("!"));
  EXPECT_EQ(take(outbox, 100), "aa!bbb");
  outbox.push(buffer("ccc"));
  outbox.push_urgent(buffer("?"));
  EXPECT_EQ(take(outbox, 100), "?ccc");
}

TEST(Outbox, HoldsNoMemoryOnceItIsEmpty) {
  Outbox outbox;
  const std::ptrdiff_t before = test::heap_count().live;
  for (int i = 0; i < 200; ++i) outbox.push(buffer("frame"));
  while (!outbox.empty()) take(outbox, 100);
  EXPECT_EQ(test::heap_count().live, before);
}

// Bytes counted of a frame that is not there would be offered to the kernel for ever.
TEST(Outbox, IsUnchangedWithoutMemoryForAFrame) {
  if (!test::kHeapCanRefuse) GTEST_SKIP() << "no allocation can be refused here";
  for (const std::size_t begun : {std::size_t{0}, std::size_t{1}}) {
    Outbox outbox;
    outbox.push(buffer("first"));
    take(outbox, begun);
    SharedBuffer behind = buffer("behind");
    SharedBuffer urgent = buffer("urgent");
    int refused = 0;
    test::heap_refuses = [] { return true; };
    try {
      outbox.push(std::move(behind));
    } catch (const std::bad_alloc&) {
      ++refused;
    }
    try {
      outbox.push_urgent(std::move(urgent));
    } catch (const std::bad_alloc&) {
      ++refused;
    }
    test::heap_refuses = nullptr;
    EXPECT_EQ(refused, 2);
    EXPECT_EQ(outbox.bytes(), 5 - begun);
    EXPECT_EQ(take(outbox, 100), begun == 0 ? "first" : "irst");
    EXPECT_TRUE(outbox.empty());
  }
}

TEST(Address, ReadsEveryForm) {
  EXPECT_EQ(parse_address("127.0.0.1:8000").host, "127.0.0.1");
  EXPECT_EQ(parse_address("[::1]:8000").host, "::1");
  EXPECT_EQ(parse_address(":8000").host, "");
  EXPECT_EQ(parse_address("localhost:0").port, 0);
  EXPECT_EQ(parse_address("unix:/run/x.sock").unix_path, "/run/x.sock");
  for (const char* bad : {"", "8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                          "::1:8000", "unix:", "a:1x"}) {
    EXPECT_THROW(parse_address(bad), ConfigError) << bad;
  }
}

TEST(Address, B16_ReadsTheFormsOfUnixSocketsAndSystemd) {
  const Address with_mode = parse_address("unix:/run/x.sock?mode=0660");
  EXPECT_EQ(with_mode.unix_path, "/run/x.sock");
  EXPECT_EQ(with_mode.unix_mode, 0660U);
  EXPECT_FALSE(parse_address("unix:/run/x.sock").unix_mode);
  EXPECT_TRUE(parse_address("unix:@x").is_abstract());
  EXPECT_TRUE(parse_address("systemd").systemd);
  for (const char* bad : {"unix:@", "unix:@x?mode=0660", "unix:/x?mode=", "unix:/x?mode=0888",
                          "unix:/x?mode=07777", "unix:?mode=0660"}) {
    EXPECT_THROW(parse_address(bad), ConfigError) << bad;
  }
}

TEST(Listening, B16_AUnixSocketHasItsModeAndIsRemovedByTheLastWhoSharesIt) {
  const std::string path =
      testing::TempDir() + "microframe-net-test-" + std::to_string(::getpid()) + ".mode";
  const auto mode = [&]() -> unsigned {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
  };
  {
    auto sockets = open_listen_sockets(parse_address("unix:" + path + "?mode=0662"), 2);
    EXPECT_EQ(mode(), 0662U);
    sockets.pop_back();
    EXPECT_EQ(mode(), 0662U);
  }
  EXPECT_EQ(mode(), 0U);
}

TEST(Listening, B16_AFileThatAnotherServerHasPutInPlaceStays) {
  const std::string path =
      testing::TempDir() + "microframe-net-test-" + std::to_string(::getpid()) + ".other";
  const Address address = parse_address("unix:" + path);
  std::vector<ListenSocket> ours = open_listen_sockets(address, 1);
  ::unlink(path.c_str());
  const auto theirs = open_listen_sockets(address, 1);
  ours.clear();
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST(Listening, B16_AnAbstractSocketHasNoFile) {
  const std::string name = "@microframe-net-test-" + std::to_string(::getpid());
  const auto live = open_listen_sockets(parse_address("unix:" + name), 1);
  EXPECT_NE(::access(name.c_str(), F_OK), 0);
  sockaddr_un where{};
  socklen_t size = sizeof where;
  ASSERT_EQ(::getsockname(live[0].fd(), reinterpret_cast<sockaddr*>(&where), &size), 0);
  EXPECT_EQ(std::string(where.sun_path, size - offsetof(sockaddr_un, sun_path)),
            std::string(1, '\0') + name.substr(1));
  EXPECT_THROW(open_listen_sockets(parse_address("unix:" + name), 1), ConfigError);
}

TEST(Listening, B19_WithoutSystemdThereIsNothingToTake) {
  EXPECT_THROW(open_listen_sockets(parse_address("systemd"), 1), ConfigError);
}

TEST(Listening, RefusesAPortInUseWithAdvice) {
  Address address = parse_address("127.0.0.1:0");
  const auto first = open_listen_sockets(address, 2);
  EXPECT_EQ(first[0].port(), first[1].port());
  address.port = first[0].port();
  try {
    open_listen_sockets(address, 1);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos);
  }
}

TEST(Listening, RefusesAddressesOfOtherMachinesWithAdvice) {
  EXPECT_THROW(open_listen_sockets(parse_address("192.0.2.1:8000"), 1), ConfigError);
  EXPECT_THROW(open_listen_sockets(parse_address("unix:/nowhere/at/all/x.sock"), 1), ConfigError);
}

TEST(Listening, ReplacesAnAbandonedUnixSocketButNoLiveOne) {
  const std::string path =
      testing::TempDir() + "microframe-net-test-" + std::to_string(::getpid()) + ".sock";
  const Address address = parse_address("unix:" + path);
  {  // as a server that was killed leaves it
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    path.copy(where.sun_path, sizeof where.sun_path - 1);
    const Descriptor left_behind(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(left_behind.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  }
  const auto live = open_listen_sockets(address, 2);
  EXPECT_THROW(open_listen_sockets(address, 1), ConfigError);
  ::unlink(path.c_str());
}

TEST(Listening, KeepsAFileThatIsNoSocket) {
  const std::string path =
      testing::TempDir() + "microframe-net-test-" + std::to_string(::getpid()) + ".txt";
  std::ofstream(path) << "notes";
  EXPECT_THROW(open_listen_sockets(parse_address("unix:" + path), 1), ConfigError);
  std::string notes;
  std::ifstream(path) >> notes;
  EXPECT_EQ(notes, "notes");
  ::unlink(path.c_str());
}

TEST(LoopPosts, KeepTheOrderOfEachThread) {
  std::vector<std::vector<int>> seen(4);
  {
    LoopThread thread;
    std::vector<std::thread> producers;
    for (std::size_t p = 0; p < seen.size(); ++p) {
      producers.emplace_back([&, p] {
        for (int i = 0; i < 1000; ++i) thread.loop.post([&, p, i] { seen[p].push_back(i); });
      });
    }
    for (auto& producer : producers) producer.join();
    thread.on_loop([] {});
  }
  for (const auto& each : seen) {
    ASSERT_EQ(each.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(each.begin(), each.end()));
  }
}

// post() runs at the end of the iteration, what others have posted in the next.
TEST(LoopPosts, PostBehindKeepsTheOrderWithOtherThreads) {
  LoopThread thread;
  std::atomic<bool> inside{false};
  std::atomic<bool> posted{false};
  std::vector<char> seen;
  thread.on_loop([&] {
    thread.loop.after(std::chrono::milliseconds(0), [&] {
      inside = true;
      inside.notify_all();
      posted.wait(false);
      thread.loop.post([&] { seen.push_back('a'); });
      thread.loop.post_behind([&] { seen.push_back('c'); });
    });
  });
  inside.wait(false);
  thread.loop.post([&] { seen.push_back('b'); });
  posted = true;
  posted.notify_all();
  bool all_ran = false;
  while (!all_ran) thread.on_loop([&] { all_ran = seen.size() == 3; });
  EXPECT_EQ(seen, (std::vector{'a', 'b', 'c'}));
}

// What the loop itself has to do waits for some of the others' callbacks, never for all.
TEST(LoopPosts, AFloodFromAnotherThreadStarvesNobody) {
  constexpr int kFlood = 10'000;
  LoopThread thread;
  std::atomic<bool> all_posted{false};
  std::atomic<int> before_own{-1};
  int ran = 0;
  thread.loop.post([&] {
    thread.loop.post([&] { before_own = ran; });
    all_posted.wait(false);
  });
  for (int i = 0; i < kFlood; ++i) thread.loop.post([&] { ++ran; });
  all_posted = true;
  all_posted.notify_all();
  while (before_own < 0) std::this_thread::yield();
  EXPECT_LT(before_own, kFlood);
  bool all_ran = false;
  while (!all_ran) thread.on_loop([&] { all_ran = ran == kFlood; });
}

// Each turn of a long piece of work is an iteration of its own: what is ready is served in between.
TEST(LoopPosts, A03_PostNextLetsTheOthersHaveTheirTurn) {
  constexpr int kTurns = 4;
  LoopThread thread;
  std::string order;
  int turns = 0;
  std::function<void()> turn = [&] {
    order += 't';
    thread.loop.after(std::chrono::milliseconds(0), [&] { order += 'o'; });
    if (++turns < kTurns) thread.loop.post_next(turn);
  };
  thread.on_loop([&] { thread.loop.post_next(turn); });
  bool all_ran = false;
  while (!all_ran) thread.on_loop([&] { all_ran = order.size() == 2 * kTurns; });
  EXPECT_EQ(order, "totototo");
}

struct Deadline final : base::TimerNode {
  void on_deadline(std::uint64_t) override { come = true; }
  std::atomic<bool> come{false};
};

// What came in time is read before anyone is found late; but a loop that is late every time has
// deadlines too.
TEST(LoopDeadlines, ComeEvenIfTheLoopIsAlwaysHeldUp) {
  constexpr int kHoldUpsMax = 20;
  LoopThread thread;
  Deadline deadline;
  int hold_ups = 0;
  thread.on_loop([&] { thread.loop.wheel().arm(deadline, thread.loop.now_ms() + 1); });
  while (!deadline.come && hold_ups < kHoldUpsMax) {
    thread.on_loop([] { std::this_thread::sleep_for(std::chrono::milliseconds(350)); });
    ++hold_ups;
  }
  thread.on_loop([&] { thread.loop.wheel().cancel(deadline); });
  EXPECT_LT(hold_ups, kHoldUpsMax);
}

TEST(Connecting, ReportsAHostNameThatDoesNotExist) {
  LoopThread thread;
  std::optional<Connector> connector;
  std::atomic<bool> told{false};
  std::string error;
  Address address;
  address.host = "\xFF\xFE";
  address.port = 1;
  thread.on_loop([&] {
    connector.emplace(thread.loop, address, [&](int fd, std::string why) {
      EXPECT_EQ(fd, -1);
      error = std::move(why);
      told = true;
    });
  });
  while (!told) std::this_thread::yield();
  thread.on_loop([&] { connector.reset(); });
  EXPECT_NE(error.find("cannot find"), std::string::npos) << error;
}

TEST(LoopWork, RunsOnAWorkerAndEndsOnTheLoop) {
  LoopThread thread;
  std::atomic<bool> done{false};
  std::thread::id worked;
  std::thread::id ended;
  thread.on_loop([&] {
    thread.loop.work([&] { worked = std::this_thread::get_id(); },
                     [&] {
                       ended = std::this_thread::get_id();
                       done = true;
                       done.notify_all();
                     });
  });
  done.wait(false);
  std::thread::id loop_thread;
  thread.on_loop([&] { loop_thread = std::this_thread::get_id(); });
  EXPECT_EQ(ended, loop_thread);
  EXPECT_NE(worked, loop_thread);
}

class Peer final : public SocketEvents {
 public:
  void on_receive(base::MutableBytes bytes) override {
    received += base::as_text(bytes);
    if (answer) answer();
    if (destroy_on_receive) socket.reset();
  }
  void on_end(EndReason) override { ++ends; }
  void on_drained() override { ++drains; }
  std::optional<Socket> socket;
  std::string received;
  std::atomic<int> ends{0};
  std::atomic<int> drains{0};
  bool destroy_on_receive = false;
  std::function<void()> answer;
};

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    other = pair[1];
    thread.on_loop([&] { peer.socket.emplace(thread.loop, pair[0], peer); });
  }
  ~SocketTest() override {
    thread.on_loop([&] { peer.socket.reset(); });
    if (other >= 0) ::close(other);
  }
  std::string read_all(std::size_t size) {
    std::string text;
    char bytes[4096];
    while (text.size() < size) {
      const ssize_t got = ::recv(other, bytes, sizeof bytes, 0);
      if (got > 0) text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
  }
  LoopThread thread;
  Peer peer;
  int other = -1;
};

TEST_F(SocketTest, SendsTheFramesOfAnIterationInOrder) {
  thread.on_loop([&] {
    for (const char* text : {"one ", "two ", "three"}) peer.socket->send(buffer(text));
    EXPECT_EQ(peer.socket->buffered(), 13U);
  });
  EXPECT_EQ(read_all(13), "one two three");
}

TEST_F(SocketTest, WaitsForAFullKernelAndTellsWhenTheOutboxHasDrained) {
  const std::string big(1 << 20, 'x');
  thread.on_loop([&] {
    for (int i = 0; i < 4; ++i) peer.socket->send(buffer(big));
  });
  bool blocked = false;
  while (!blocked) thread.on_loop([&] { blocked = peer.socket->blocked_since_ms() != 0; });
  EXPECT_EQ(read_all(4 << 20).size(), std::size_t{4} << 20);
  while (peer.drains == 0) std::this_thread::yield();
  thread.on_loop([&] { EXPECT_EQ(peer.socket->buffered(), 0U); });
}

TEST_F(SocketTest, FinishSendsTheQueueFirst) {
  thread.on_loop([&] {
    peer.socket->send(buffer("last words"));
    peer.socket->finish();
    peer.socket->send(buffer("too late"));
  });
  EXPECT_EQ(read_all(10), "last words");
  char byte;
  while (::recv(other, &byte, 1, 0) < 0) std::this_thread::yield();  // EOF is 0
}

TEST_F(SocketTest, FinishAndCloseSendsTheQueueFirst) {
  const std::string big(1 << 20, 'x');
  thread.on_loop([&] {
    peer.socket->send(buffer(big));
    peer.socket->finish_and_close();
    EXPECT_EQ(peer.ends, 0);
  });
  EXPECT_EQ(read_all(big.size()), big);
  char byte;
  while (::recv(other, &byte, 1, 0) < 0) std::this_thread::yield();
  while (peer.ends == 0) std::this_thread::yield();
  ASSERT_EQ(::send(other, "x", 1, MSG_NOSIGNAL), -1);
  thread.on_loop([] {});
  EXPECT_EQ(peer.ends, 1);
}

// Both are ready in one batch, and the first to be told destroys the other.
TEST(ReadySetBatch, TellsNothingToASocketThatWasDestroyed) {
  struct Rival final : SocketEvents {
    void on_receive(base::MutableBytes) override {
      ++told;
      rival->reset();
    }
    void on_end(EndReason) override {}
    void on_drained() override {}
    std::optional<Socket>* rival = nullptr;
    int told = 0;
  };
  int first[2];
  int second[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, first), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, second), 0);
  Rival rivals[2];
  std::optional<Socket> sockets[2];
  rivals[0].rival = &sockets[1];
  rivals[1].rival = &sockets[0];
  {
    LoopThread thread;
    thread.on_loop([&] {
      sockets[0].emplace(thread.loop, first[0], rivals[0]);
      sockets[1].emplace(thread.loop, second[0], rivals[1]);
      EXPECT_EQ(::send(first[1], "x", 1, 0), 1);
      EXPECT_EQ(::send(second[1], "x", 1, 0), 1);
    });
    bool one_gone = false;
    while (!one_gone) thread.on_loop([&] { one_gone = !sockets[0] || !sockets[1]; });
    thread.on_loop([&] { sockets[0].reset(), sockets[1].reset(); });
  }
  EXPECT_EQ(rivals[0].told + rivals[1].told, 1);
  ::close(first[1]);
  ::close(second[1]);
}

TEST_F(SocketTest, MayBeDestroyedInsideItsCallback) {
  thread.on_loop([&] { peer.destroy_on_receive = true; });
  ASSERT_EQ(::send(other, "x", 1, 0), 1);
  char byte;
  while (::recv(other, &byte, 1, 0) < 0) std::this_thread::yield();
  thread.on_loop([&] { EXPECT_FALSE(peer.socket); });
}

TEST_F(SocketTest, TellsTheEndOnce) {
  ::close(std::exchange(other, -1));
  while (peer.ends == 0) std::this_thread::yield();
  thread.on_loop([&] { peer.socket->send(buffer("into the void")); });
  thread.on_loop([] {});
  EXPECT_EQ(peer.ends, 1);
}

TEST_F(SocketTest, PausesAndResumesReading) {
  thread.on_loop([&] { peer.socket->pause_reading(); });
  ASSERT_EQ(::send(other, "x", 1, 0), 1);
  for (int i = 0; i < 10; ++i) thread.on_loop([] {});
  thread.on_loop([&] {
    EXPECT_EQ(peer.received, "");
    peer.socket->resume_reading();
  });
  bool came = false;
  while (!came) thread.on_loop([&] { came = peer.received == "x"; });
}

// Sockets are told once of what has come: no event follows for what they leave.
TEST_F(SocketTest, TellsAnEndThatCameWithTheLastBytes) {
  for (const bool gone : {false, true}) {
    thread.on_loop([&] {
      EXPECT_EQ(::send(other, "last words", 10, 0), 10);
      gone ? ::close(std::exchange(other, -1)) : ::shutdown(other, SHUT_WR);
    });
    while (peer.ends == 0) std::this_thread::yield();
    thread.on_loop([&] {
      EXPECT_EQ(peer.received, "last words");
      peer.socket.reset();
      if (other >= 0) ::close(other);
      peer.received.clear();
      peer.ends = 0;
      int pair[2];
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
      other = pair[1];
      peer.socket.emplace(thread.loop, pair[0], peer);
    });
  }
}

// A peer may end its stream in the same segment as its last words, and still read the answer.
TEST_F(SocketTest, B17_AnAnswerToAStreamThatHasEndedIsSentWhole) {
  const std::string big(1 << 20, 'x');
  for (const bool at_once : {false, true}) {
    peer.ends = 0;
    thread.on_loop([&] {
      peer.answer = [&, at_once] {
        peer.socket->send(buffer(big));
        at_once ? peer.socket->finish_and_close() : peer.socket->finish();
      };
      EXPECT_EQ(::send(other, "last words", 10, 0), 10);
      ::shutdown(other, SHUT_WR);
    });
    EXPECT_EQ(read_all(big.size()).size(), big.size());
    char byte;
    while (::recv(other, &byte, 1, 0) < 0) std::this_thread::yield();  // EOF is 0
    while (peer.ends == 0) std::this_thread::yield();
    thread.on_loop([&] {
      EXPECT_EQ(peer.ends, 1);
      peer.socket.reset();
      ::close(other);
      int pair[2];
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
      other = pair[1];
      peer.socket.emplace(thread.loop, pair[0], peer);
    });
  }
}

TEST_F(SocketTest, ReceivesTheRestInFurtherTurns) {
  constexpr int kBytes = 3 << 20;
  const int room = 2 * kBytes;
  if (::setsockopt(other, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
    GTEST_SKIP() << "only root may have so much wait in a socket";
  const std::string big(kBytes, 'x');
  // All of it before the loop asks for the first time.
  thread.on_loop([&] { EXPECT_EQ(::send(other, big.data(), big.size(), 0), kBytes); });
  std::size_t received = 0;
  while (received < big.size()) thread.on_loop([&] { received = peer.received.size(); });
  EXPECT_EQ(received, big.size());
}

TEST(SocketSize, IsAtMost120Bytes) {
  EXPECT_LE(sizeof(Socket), 120U);
}

}  // namespace
}  // namespace microframe::net
