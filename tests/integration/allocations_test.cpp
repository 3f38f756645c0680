// What a message allocates, from its bytes to its frames in the kernel, once a loop has warmed up.

#include <algorithm>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/counted_heap.hpp"
#include "support/sanitized.hpp"

namespace microframe {
namespace {

using test::RawClient;

constexpr std::size_t kWarmUp = 64;
constexpr std::size_t kCountedMessages = 100;

// Counts the blocks that its loop allocates between one message and the next.
class Counting : public ws::ChatBase {
 public:
  Counting() { blocks_.reserve(kWarmUp + kCountedMessages); }

  // returns: the largest number of allocations between two messages after the warm-up.
  std::size_t most() const {
    std::size_t most = 0;
    for (std::size_t i = kWarmUp; i + 1 < blocks_.size(); ++i)
      most = std::max(most, blocks_[i + 1] - blocks_[i]);
    return most;
  }
  std::size_t counted() const { return blocks_.size(); }

 protected:
  void count() { blocks_.push_back(test::heap_count().blocks); }

 private:
  std::vector<std::size_t> blocks_;
};

class CountingEcho : public Counting {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    count();
    socket.send(message);
  }
};

class CountingRelay : public Counting {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message& message) {
    count();
    broadcast(message);
  }
};

class Allocations : public test::AppTest {
 protected:
  // The first client sends, and all clients receive each message, one after the other. The
  // server's thread has ended when this returns, so that its counts may be read.
  void talk(std::size_t clients, std::size_t bytes) {
    start(1);
    exchange(clients, std::string(bytes, 'x'));
    app.stop();
    app.wait();
  }

 private:
  void exchange(std::size_t clients, const std::string& text) {
    std::vector<RawClient> all;
    for (std::size_t i = 0; i < clients; ++i) all.push_back(client("user" + std::to_string(i)));
    for (std::size_t i = 0; i < kWarmUp + kCountedMessages; ++i) {
      all.front().send_text(text);
      for (RawClient& one : all) ASSERT_EQ(one.read_text(), text);
    }
  }
};

// A sanitizer's build keeps no spare blocks: there, each frame is one allocation.
TEST_F(Allocations, EchoAllocatesNothing) {
  auto& echo = app.route<CountingEcho>("/ws", auth);
  limits.messages_per_second = 0;
  talk(1, 64);
  EXPECT_EQ(echo.counted(), kWarmUp + kCountedMessages);
  EXPECT_LE(echo.most(), test::kSanitized ? 1U : 0U);
}

TEST_F(Allocations, BroadcastAllocatesOneBlockAtMost) {
  auto& relay = app.route<CountingRelay>("/ws", auth);
  limits.messages_per_second = 0;
  talk(10, 4096);
  EXPECT_EQ(relay.counted(), kWarmUp + kCountedMessages);
  EXPECT_LE(relay.most(), 1U);
}

}  // namespace
}  // namespace microframe
