// Readers that read at full speed, and are sent much at once: none of them is taken for slow. By the
// number of the fault that was found in use.

#include <poll.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/deflating_peer.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::deflated_frame;
using test::DeflatingPeer;
using test::RawClient;

// Clients whose bytes a thread takes as fast as they come.
class Readers {
 public:
  explicit Readers(std::vector<RawClient> clients) : clients_(std::move(clients)) {
    thread_ = std::thread([this] { read(); });
  }
  ~Readers() {
    stopped_ = true;
    thread_.join();
  }
  std::size_t bytes() const { return bytes_; }
  std::size_t ended() const { return ended_; }

 private:
  void read() {
    std::vector<char> some(1024 * 1024);
    std::vector<pollfd> waits;
    for (const RawClient& client : clients_) waits.push_back({client.fd(), POLLIN, 0});
    while (!stopped_) {
      if (::poll(waits.data(), waits.size(), 10) <= 0) continue;
      for (pollfd& wait : waits) {
        if (wait.fd < 0 || wait.revents == 0) continue;
        const ssize_t size = ::recv(wait.fd, some.data(), some.size(), 0);
        if (size > 0) {
          bytes_ += static_cast<std::size_t>(size);
        } else {
          wait.fd = -1;
          ++ended_;
        }
      }
    }
  }

  std::vector<RawClient> clients_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> ended_{0};
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

class Crowd : public test::RoomChat {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "all"); }
};

class ReadersTest : public test::AppTest {
 protected:
  static constexpr std::size_t kMiB = 1024 * 1024;
  test::RoomChat& chat = app.route<test::RoomChat>("/ws", auth);
  Crowd& crowd = app.route<Crowd>("/crowd", auth);
};

TEST_F(ReadersTest, A06_ManyLongMessagesInOneSegmentCloseNobodyWhoReads) {
  constexpr std::size_t kReaders = 8;
  constexpr std::size_t kMessages = 60;
  limits.bytes_per_second = 0;
  start(1);
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kReaders; ++i)
    clients.push_back(client("reader" + std::to_string(i), "/crowd"));
  eventually([&] { return crowd.get_room_members("all").size() == kReaders; });
  const Readers readers(std::move(clients));
  RawClient speaker = raw();
  speaker.send(test::upgrade_request("/crowd?token=" + token("speaker"),
                                     "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  ASSERT_EQ(speaker.read_status(), 101U);
  const std::string one =
      deflated_frame(R"({"room":"all","text":")" + std::string(kMiB - 100, 'a') + R"("})");
  std::string segment;
  for (std::size_t i = 0; i < kMessages; ++i) segment += one;
  ASSERT_TRUE(speaker.send(segment));
  for (std::size_t i = 0; i < kMessages; ++i) ASSERT_EQ(speaker.read_frame().first, 0xC1U) << i;
  eventually([&] {
    return readers.bytes() >= kReaders * kMessages * (kMiB - 100) || readers.ended() != 0;
  });
  EXPECT_EQ(readers.ended(), 0U);
  EXPECT_EQ(crowd.disconnects, 0) << crowd.last_code;
}

TEST_F(ReadersTest, A06_AReplayOfLongKeptMessagesClosesNobodyWhoReads) {
  constexpr int kKept = 50;
  app.rooms("long", RoomOptions().history(100, 5min, 16 * kMiB));
  start(1);
  DeflatingPeer writer(raw(), token("writer"));
  writer.send(writer.join_frame("long"));
  writer.read_until("joined");
  // Each differs, and hardly compresses.
  for (int i = 0; i < kKept; ++i) {
    std::string digits;
    for (unsigned x = static_cast<unsigned>(i); digits.size() < 100'000;
         x = x * 1664525 + 1013904223)
      digits += static_cast<char>('a' + (x >> 24) % 26);
    chat.broadcast_to_room("long", {{"text", digits}});
    ASSERT_FALSE(writer.read_until("message").closed);
  }
  for (int round = 0; round < 3; ++round) {
    DeflatingPeer joiner(raw(), token("joiner"));
    joiner.send(joiner.join_frame("long", kKept));
    ASSERT_FALSE(joiner.read_until("joined").closed);
    for (int i = 0; i < kKept; ++i) {
      // Whatever is said meanwhile finds a full outbox.
      if (i == 0) chat.broadcast_to_room("long", {{"text", "meanwhile"}});
      ASSERT_FALSE(joiner.read_until("message").closed) << "message " << i;
    }
    EXPECT_NE(joiner.read_until("message").text.find("meanwhile"), std::string::npos);
  }
  EXPECT_NE(chat.last_code, 4408);
}

TEST_F(ReadersTest, A06_JoinsAtOnceThatAskForMuchCloseNobodyWhoReads) {
  constexpr int kKept = 100;
  constexpr int kJoins = 20;
  limits.bytes_per_second = 32.0 * kMiB;
  app.rooms("long", RoomOptions().history(kKept, 5min, 16 * kMiB));
  start(1);
  DeflatingPeer alice(raw(), token("alice"), "; server_max_window_bits=9", 9);
  alice.send(alice.join_frame("long"));
  alice.read_until("joined");
  for (int i = 0; i < kKept; ++i) {
    chat.broadcast_to_room("long", {{"text", std::string(10'000, 'a')}});
    ASSERT_FALSE(alice.read_until("message").closed);
  }
  std::string joins;
  for (int i = 0; i < kJoins; ++i) joins += alice.join_frame("long", kKept);
  ASSERT_TRUE(alice.send(joins));
  for (int i = 0; i < kJoins; ++i) {
    ASSERT_FALSE(alice.read_until("joined").closed) << "join " << i;
    for (int n = 0; n < kKept; ++n)
      ASSERT_FALSE(alice.read_until("message").closed) << "join " << i;
  }
}

}  // namespace
}  // namespace microframe
