// Which messages give way where a peer is slow, on a socket that sends through an Outflow alone.
#include "ws/outflow.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proto/frame_header.hpp"
#include "support/raw_client.hpp"
#include "unit/net/loop_thread.hpp"
#include "unit/ws/loop_site.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;
using base::Shedding;
using test::kOverKernel;
using Rule = base::Shedding::Rule;
using Payloads = std::vector<std::string>;

class OutflowTest : public testing::Test, private net::SocketEvents {
 protected:
  // bytes_burst: as Limits has it.
  explicit OutflowTest(double bytes_burst = 0) {
    limits_.outbox_bytes_max = kOverKernel + 1000;
    limits_.bytes_burst = bytes_burst;
    test::SocketPair pair;
    peer = test::RawClient::adopt(pair.far);
    thread_.on_loop([&] {
      outflow_.emplace(context_, gauges, StreamDeflate{});
      net::SocketEvents& events = *this;
      socket_.emplace(thread_.loop, std::move(pair.ours), events);
    });
  }
  // Not in the destructor: the loop tells this object of the socket until then.
  void TearDown() override {
    thread_.on_loop([&] { socket_.reset(); });
  }

  static SharedBuffer frame(const std::string& text, Shedding shedding = {}) {
    SharedBuffer made = proto::encode_message(false, base::as_bytes(text));
    made.set_shedding(shedding);
    return made;
  }
  void on_loop(const std::function<void(Outflow&, net::Socket&)>& action) {
    thread_.on_loop([&] { action(*outflow_, *socket_); });
  }
  // Fills the kernel's buffer with one frame, of which a part waits.
  // returns: how many bytes the outbox has room for behind that part.
  std::size_t block(Outflow& outflow, net::Socket& socket) {
    EXPECT_TRUE(outflow.send(socket, frame(std::string(kOverKernel, 'x'))));
    socket.offer();
    EXPECT_NE(socket.blocked_since_ms(), 0U);
    return limits_.outbox_bytes_max - socket.buffered();
  }
  // What the peer has been sent behind the frame of block(), up to a frame that says "end".
  Payloads read_to_end() {
    on_loop([](Outflow& outflow, net::Socket& socket) {
      outflow.send_again({frame("end")});
      while (outflow.send_backlog(socket)) {
      }
    });
    EXPECT_EQ(peer.read_frame().payload.size(), kOverKernel);
    Payloads payloads;
    for (std::string one = peer.read_text(); one != "end"; one = peer.read_text())
      payloads.push_back(one.substr(0, one.find(' ')));  // without the filling
    return payloads;
  }

  StreamCounts counts;
  StreamGauges gauges;
  test::RawClient peer = test::RawClient::adopt(-1);

 private:
  void on_receive(base::MutableBytes) override {}
  void on_end(net::EndReason) override {}
  void on_drained() override {
    while (outflow_->send_backlog(*socket_)) {
    }
    outflow_->drained(*socket_);
  }

  Limits limits_;
  const Compression compression_;
  net::LoopThread thread_;
  LoopDeflate deflate_{compression_, counts.compression};
  LongTurns long_turns_;
  const StreamContext context_{thread_.loop, limits_,     compression_,        deflate_,
                               counts,       long_turns_, counts.traffic.add()};
  std::optional<Outflow> outflow_;
  std::optional<net::Socket> socket_;
};

constexpr Shedding kRoom{Rule::oldest, 1};
constexpr Shedding kOtherRoom{Rule::oldest, 2};
constexpr Shedding kKey{Rule::superseded, 3};
constexpr Shedding kOtherKey{Rule::superseded, 4};

// A text that begins with `word` and fills so many bytes.
std::string filled(const std::string& word, std::size_t bytes) {
  return word + ' ' + std::string(bytes - word.size() - 1, '.');
}

TEST_F(OutflowTest, WithoutARuleNothingGivesWay) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    const std::size_t free = block(outflow, socket);
    EXPECT_TRUE(outflow.send(socket, frame(filled("fits", free / 2))));
    EXPECT_FALSE(outflow.send(socket, frame(filled("not", free))));
  });
  EXPECT_EQ(read_to_end(), Payloads{"fits"});
  EXPECT_EQ(counts.shed_frames, 0U);
}

TEST_F(OutflowTest, A06_WhatIsSentAgainLeavesAsFastAsThePeerTakesIt) {
  constexpr std::size_t kFrames = 200;
  const std::string text(30'000, 'x');
  std::size_t turns = 1;
  bool drained = false;
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    outflow.send_again(std::vector<SharedBuffer>(kFrames, frame(text)));
    for (; outflow.send_backlog(socket); ++turns) EXPECT_LE(socket.buffered(), 100'000U);
    EXPECT_NE(socket.blocked_since_ms(), 0U) << "the kernel takes no more";
    EXPECT_LE(socket.buffered(), 100'000U) << "of six million";
    EXPECT_GT(outflow.buffered(socket), 1'000'000U);
    EXPECT_TRUE(outflow.send(socket, frame("new"))) << "and waits behind them";
    outflow.when_drained(socket, [&](bool all) { drained = all; });
    EXPECT_FALSE(drained);
  });
  EXPECT_GT(turns, 1U);
  for (std::size_t i = 0; i < kFrames; ++i) EXPECT_EQ(peer.read_text(), text) << i;
  EXPECT_EQ(peer.read_text(), "new");
  on_loop([&](Outflow&, net::Socket&) { EXPECT_TRUE(drained); });
}

TEST_F(OutflowTest, NewMessagesBehindWhatIsSentAgainAreBounded) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    outflow.send_again(std::vector<SharedBuffer>(3, frame(std::string(kOverKernel, 'x'))));
    while (outflow.send_backlog(socket)) {
    }
    EXPECT_TRUE(outflow.send(socket, frame(std::string(kOverKernel, 'y'))));
    EXPECT_FALSE(outflow.send(socket, frame(std::string(2'000, 'z'))));
  });
}

TEST_F(OutflowTest, ACloseFollowsAllThatIsSentAgain) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    outflow.send_again(std::vector<SharedBuffer>(2, frame(std::string(kOverKernel, 'x'))));
    outflow.send_again({frame("last")});
    outflow.flush_backlog(socket);
    EXPECT_EQ(outflow.buffered(socket), socket.buffered());
  });
  for (int i = 0; i < 2; ++i) EXPECT_EQ(peer.read_text().size(), kOverKernel);
  EXPECT_EQ(peer.read_text(), "last");
}

class OutflowBehindABurst : public OutflowTest {
 protected:
  OutflowBehindABurst() : OutflowTest(10'000) {}
};

TEST_F(OutflowBehindABurst, A06_APeerThatTakesSomeMayBeOwedIt) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    const std::size_t free = block(outflow, socket);
    EXPECT_TRUE(outflow.send(socket, frame(filled("one", free + 4'000))));
    EXPECT_TRUE(outflow.send(socket, frame(filled("two", 4'000))));
    EXPECT_FALSE(outflow.send(socket, frame(filled("three", 4'000)))) << "more than a burst";
  });
  EXPECT_EQ(read_to_end(), (Payloads{"one", "two"}));
}

TEST_F(OutflowBehindABurst, A06_APeerThatTakesNothingIsNot) {
  std::size_t free = 0;
  on_loop([&](Outflow& outflow, net::Socket& socket) { free = block(outflow, socket); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    EXPECT_FALSE(outflow.send(socket, frame(filled("one", free + 1'000))));
    EXPECT_TRUE(outflow.send(socket, frame(filled("two", free - 100))));
  });
}

TEST_F(OutflowTest, TheOldestOfARoomGiveWayToItsNewOnesUntilThereIsRoom) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    const std::size_t third = block(outflow, socket) / 3;
    for (const char* word : {"1", "2"})
      EXPECT_TRUE(outflow.send(socket, frame(filled(word, third), kRoom)));
    EXPECT_TRUE(outflow.send(socket, frame(filled("stays", third / 2), kOtherRoom)));
    EXPECT_TRUE(outflow.send(socket, frame(filled("3", 2 * third), kRoom)));
  });
  EXPECT_EQ(read_to_end(), (Payloads{"stays", "3"}));
  EXPECT_EQ(counts.shed_frames, 2U);
}

TEST_F(OutflowTest, WhereOthersFillTheOutboxTheNewOneGivesWayItself) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    const std::size_t free = block(outflow, socket);
    EXPECT_TRUE(outflow.send(socket, frame(filled("others", free * 3 / 4), kOtherRoom)));
    EXPECT_TRUE(outflow.send(socket, frame(filled("new", free / 2), kRoom))) << "no overflow";
  });
  EXPECT_EQ(read_to_end(), Payloads{"others"});
  EXPECT_EQ(counts.shed_frames, 1U);
}

TEST_F(OutflowTest, NewestOfAKeySupersedesThoseThatWait) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    block(outflow, socket);
    for (const char* word : {"1", "2"}) EXPECT_TRUE(outflow.send(socket, frame(word, kKey)));
    EXPECT_TRUE(outflow.send(socket, frame("other", kOtherKey)));
    EXPECT_TRUE(outflow.send(socket, frame("3", kKey)));
  });
  EXPECT_EQ(read_to_end(), (Payloads{"other", "3"}));
  EXPECT_EQ(counts.shed_frames, 2U);
}

TEST_F(OutflowTest, NothingIsSupersededForAPeerThatKeepsUp) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    outflow.send(socket, frame(std::string(kOverKernel, 'x')));  // not offered to the kernel yet
    for (const char* word : {"1", "2", "3"}) outflow.send(socket, frame(word, kKey));
  });
  EXPECT_EQ(read_to_end(), (Payloads{"1", "2", "3"}));
  EXPECT_EQ(counts.shed_frames, 0U);
}

TEST_F(OutflowTest, KernelIsAskedBeforeAnythingGivesWay) {
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    // The kernel would take all of these, but has not been asked.
    EXPECT_TRUE(outflow.send(socket, frame(filled("a", 1000))));
    EXPECT_TRUE(outflow.send(socket, frame(std::string(kOverKernel, 'x'))));
    EXPECT_EQ(socket.blocked_since_ms(), 0U);
    EXPECT_TRUE(outflow.send(socket, frame(filled("b", 1000), kRoom)));
    EXPECT_NE(socket.blocked_since_ms(), 0U);
  });
  EXPECT_EQ(peer.read_text().substr(0, 2), "a ");
  EXPECT_EQ(read_to_end(), Payloads{"b"});
  EXPECT_EQ(counts.shed_frames, 0U);
}

TEST_F(OutflowTest, GaugeTellsWhatWaitsWhileTheKernelTakesNoMore) {
  std::size_t waiting = 0;
  on_loop([&](Outflow& outflow, net::Socket& socket) {
    outflow.send(socket, frame("short"));
    EXPECT_EQ(gauges.waiting_bytes, 0U);
    block(outflow, socket);
    outflow.send(socket, frame("more"));
    waiting = socket.buffered();
  });
  EXPECT_EQ(gauges.waiting_bytes, waiting);
}

}  // namespace
}  // namespace microframe::ws
