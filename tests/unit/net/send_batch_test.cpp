// Many sockets of one loop that send at the end of one iteration, each for itself and all by one
// call.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/descriptor.hpp"
#include "net/send_batch.hpp"
#include "net/socket.hpp"
#include "support/buffer.hpp"
#include "unit/net/loop_thread.hpp"

namespace microframe::net {
namespace {

using base::SharedBuffer;
using test::buffer;

// A socket, and the far end of its stream.
class Line final : public SocketEvents {
 public:
  explicit Line(Loop& loop) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    far_ = pair[1];
    socket.emplace(loop, Descriptor(pair[0]), *this);
  }
  ~Line() { hang_up(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void on_receive(base::MutableBytes) override {}
  void on_end(EndReason) override {
    ++ends;
    if (at_end) at_end();
  }
  void on_drained() override { ++drains; }

  void hang_up() {
    if (far_ >= 0) ::close(std::exchange(far_, -1));
  }
  std::string read(std::size_t size) const {
    std::string text;
    std::array<char, 65536> bytes;
    while (text.size() < size) {
      const ssize_t got = ::recv(far_, bytes.data(), bytes.size(), 0);
      if (got > 0) text.append(bytes.data(), static_cast<std::size_t>(got));
      if (got == 0) break;
    }
    return text;
  }
  bool at_its_end() const {
    char byte = 0;
    ssize_t got = -1;
    while ((got = ::recv(far_, &byte, 1, 0)) < 0) std::this_thread::yield();
    return got == 0;
  }

  std::optional<Socket> socket;
  std::function<void()> at_end;
  std::atomic<int> ends{0};
  std::atomic<int> drains{0};

 private:
  int far_ = -1;
};

class ManySockets : public testing::TestWithParam<Io> {
 protected:
  static constexpr std::size_t kLines = 40;

  ManySockets() : thread(GetParam()) {
    thread.on_loop([&] {
      for (std::size_t i = 0; i < kLines; ++i)
        lines.emplace_back(std::make_unique<Line>(thread.loop));
    });
  }
  ~ManySockets() override {
    thread.on_loop([&] { lines.clear(); });
  }
  void send_to_all(std::string_view text) {
    const SharedBuffer shared = buffer(text);
    for (auto& line : lines) line->socket->send(shared);
  }

  LoopThread thread;
  std::vector<std::unique_ptr<Line>> lines;
};

TEST_P(ManySockets, AllReceiveABroadcast) {
  for (int i = 0; i < 50; ++i) thread.on_loop([&] { send_to_all("to all;"); });
  for (auto& line : lines) EXPECT_EQ(line->read(50 * 7).size(), 50U * 7);
}

TEST_P(ManySockets, EachReceivesItsFramesInOrder) {
  std::vector<std::string> expected(kLines);
  thread.on_loop([&] {
    for (std::size_t n = 0; n < 200; ++n) {
      for (std::size_t i = 0; i < kLines; i += 1 + n % 3) {
        const std::string text = std::to_string(i) + ":" + std::to_string(n) + ";";
        expected[i] += text;
        lines[i]->socket->send(buffer(text));
      }
    }
  });
  for (std::size_t i = 0; i < kLines; ++i)
    EXPECT_EQ(lines[i]->read(expected[i].size()), expected[i]);
}

TEST_P(ManySockets, AFullKernelBufferHoldsNobodyElseUp) {
  const std::string big(4 << 20, 'x');
  thread.on_loop([&] {
    lines[3]->socket->send(buffer(big));
    lines[17]->socket->send(buffer(big));
    send_to_all("word");
  });
  for (std::size_t i = 0; i < kLines; ++i) {
    if (i != 3 && i != 17) {
      EXPECT_EQ(lines[i]->read(4), "word");
    }
  }
  for (const std::size_t i : {3U, 17U}) {
    EXPECT_EQ(lines[i]->read(big.size() + 4), big + "word");
    while (lines[i]->drains == 0) std::this_thread::yield();
  }
}

TEST_P(ManySockets, APeerThatHasGoneEndsOnlyItsOwnSocket) {
  thread.on_loop([&] {
    lines[5]->hang_up();  // so late that it is the send that finds out
    send_to_all("word");
  });
  while (lines[5]->ends == 0) std::this_thread::yield();
  for (std::size_t i = 0; i < kLines; ++i) {
    if (i == 5) continue;
    EXPECT_EQ(lines[i]->read(4), "word");
    EXPECT_EQ(lines[i]->ends, 0);
  }
}

// Whose owner ends others of the same batch: they have sent already, and their results find nobody.
TEST_P(ManySockets, AnOwnerMayEndOtherSocketsWhenOneEnds) {
  lines[0]->at_end = [&] {
    for (std::size_t i = 20; i < kLines; ++i) lines[i]->socket.reset();
    lines[1]->socket->send(buffer("more"));
  };
  thread.on_loop([&] {
    lines[0]->hang_up();
    send_to_all("word");
  });
  EXPECT_EQ(lines[1]->read(8), "wordmore");
  for (std::size_t i = 2; i < 20; ++i) EXPECT_EQ(lines[i]->read(4), "word");
  for (std::size_t i = 20; i < kLines; ++i) lines[i]->read(4);  // or nothing, and its end
}

TEST_P(ManySockets, FinishAfterTheirLastFrames) {
  thread.on_loop([&] {
    send_to_all("last words");
    for (std::size_t i = 0; i < kLines; ++i) {
      if (i % 2 == 0) {
        lines[i]->socket->finish();
      } else {
        lines[i]->socket->finish_and_close();
      }
    }
  });
  for (auto& line : lines) {
    EXPECT_EQ(line->read(10), "last words");
    EXPECT_TRUE(line->at_its_end());
  }
}

// More than one batch has room for, of pieces and of sends.
TEST_P(ManySockets, MayBeMoreThanABatchHolds) {
  thread.on_loop([&] {
    for (std::size_t i = kLines; i < 1500; ++i)
      lines.emplace_back(std::make_unique<Line>(thread.loop));
    for (int n = 0; n < 10; ++n) send_to_all("0123456789");
  });
  for (auto& line : lines) EXPECT_EQ(line->read(100).size(), 100U);
}

INSTANTIATE_TEST_SUITE_P(Io, ManySockets, testing::Values(Io::plain, Io::uring),
                         [](const auto& param) {
                           return param.param == Io::plain ? "plain" : "uring";
                         });

TEST(SendBatchTest, ReportsTheResultOfEachSend) {
  const auto batch = SendBatch::make();
  ASSERT_TRUE(batch) << "this kernel has no io_uring to give, or forbids it";
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const std::string words[] = {"one ", "two ", "three"};
  auto pieces = batch->pieces();
  for (std::size_t i = 0; i < 3; ++i)
    pieces[i] = {const_cast<char*>(words[i].data()), words[i].size()};
  batch->add(pair[0], 3, 7);
  pieces = batch->pieces();
  pieces[0] = {const_cast<char*>(words[0].data()), words[0].size()};
  batch->add(-1, 1, 8);
  int sent = 0;
  for (const SendBatch::Result& result : batch->submit()) {
    EXPECT_EQ(result.sent, result.number == 7 ? 13 : -EBADF);
    ++sent;
  }
  EXPECT_EQ(sent, 2);
  EXPECT_TRUE(batch->empty());
  char bytes[32];
  EXPECT_EQ(::recv(pair[1], bytes, sizeof bytes, 0), 13);
  // The buffer of the stream is filled: the last ones are told to wait.
  const std::string big(100'000, 'x');
  std::int64_t last = 1;
  while (last > 0) {
    batch->pieces()[0] = {const_cast<char*>(big.data()), big.size()};
    batch->add(pair[0], 1, 1);
    last = batch->submit()[0].sent;
  }
  EXPECT_EQ(last, -EAGAIN);
  ::close(pair[0]);
  ::close(pair[1]);
}

}  // namespace
}  // namespace microframe::net
