// A master is lost, and its replica takes its place; a slot of a Redis Cluster moves under load.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cluster/redis_keys.hpp"
#include "support/redis_groups.hpp"
#include "unit/cluster/redis_node.hpp"

namespace microframe::cluster {
namespace {

using namespace std::chrono_literals;
using Broker = hub::Broker;
using Failure = Broker::Failure;
using test::eventually;
using test::failure;
using test::RedisNode;

// A failover takes seconds: up to half a minute on a busy machine.
bool comes_to_hold(const std::function<bool()>& holds) {
  for (int i = 0; i < 3'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

// Appends numbers to a log, some at a time, until it is told to end; keeps what was acknowledged.
class Writer {
 public:
  Writer(RedisNode& node, std::string log) : node_(node), log_(std::move(log)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Writer() { end(); }
  void end() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    eventually([&] { return answers_ == asked_; });
  }
  std::vector<std::string> acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  std::size_t failures() const { return failures_; }
  std::map<int, int> reasons() const {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }

 private:
  void run() {
    while (!ended_) {
      for (int i = 0; i < 5; ++i) {
        const std::string text = std::to_string(asked_++);
        node_.broker.append(RedisNode::message(log_, text), [this, text](auto given) {
          const std::lock_guard lock(mutex_);
          if (given) {
            acknowledged_.push_back(text);
          } else {
            ++failures_;
            ++reasons_[static_cast<int>(given.error())];
          }
          ++answers_;
        });
      }
      std::this_thread::sleep_for(2ms);
    }
  }

  RedisNode& node_;
  const std::string log_;
  mutable std::mutex mutex_;
  std::vector<std::string> acknowledged_;
  std::map<int, int> reasons_;
  std::atomic<std::size_t> failures_{0};
  std::atomic<std::size_t> asked_{0};
  std::atomic<std::size_t> answers_{0};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

TEST(RedisSentinelFailover, TheReplicaTakesTheMastersPlace) {
  test::RedisSentinels group;
  RedisNode node(group.url());
  node.wait_until_up();
  ASSERT_TRUE(node.follow("log"));
  const auto before = node.append("log", "a").get();
  ASSERT_TRUE(before.ok());
  auto what = RedisNode::message("log", "b");
  what.durable = true;
  what.once = "b";  // a replica that is slow to answer is asked again
  ASSERT_TRUE(comes_to_hold([&] { return node.append(what).get().ok(); })) << "the replica has it";
  group.master().kill();
  eventually([&] { return !node.broker.is_up(); });
  EXPECT_EQ(failure(node.append("log", "lost").get()), Failure::unavailable);
  ASSERT_TRUE(comes_to_hold([&] { return node.broker.is_up(); }));
  const auto after = node.append("log", "c").get();
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->position, (Broker::Position{before->position.epoch, 3}));
  EXPECT_EQ(node.texts("log"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(node.ear.interruptions(), 1U);
  EXPECT_EQ(node.ear.restorations(), 1U);
  eventually([&] { return node.ear.entries().size() == 3; });
}

// The first sentinel that is asked is gone, too.
TEST(RedisSentinelFailover, AnySentinelWillDo) {
  test::RedisSentinels group;
  group.sentinel(0).kill();
  RedisNode node(group.url());
  node.wait_until_up();
  group.sentinel(1).signal(SIGSTOP);
  group.master().ask("CLIENT KILL TYPE normal SKIPME yes");
  ASSERT_TRUE(comes_to_hold([&] { return node.ear.restorations() == 1; }));
  group.sentinel(1).signal(SIGCONT);
}

class RedisClusterFaults : public testing::Test {
 protected:
  // A log whose slot this server has.
  static std::string log_on(std::size_t server, int which = 0) {
    for (int i = 0;; ++i) {
      const std::string name = "log" + std::to_string(i);
      const unsigned slot = RedisKeys::slot_of(RedisKeys::partition_of(name));
      if (test::RedisCluster::owner_of(slot) == server && which-- == 0) return name;
    }
  }

  test::RedisCluster group;
};

TEST_F(RedisClusterFaults, ASlotMovesUnderLoadAndNothingIsLostOrRepeated) {
  RedisNode node(group.url());
  RedisNode follower(group.url());
  node.wait_until_up();
  follower.wait_until_up();
  const std::string log = log_on(0);
  ASSERT_TRUE(follower.follow(log));
  const unsigned slot = RedisKeys::slot_of(RedisKeys::partition_of(log));
  Writer writer(node, log);
  for (const auto& [from, to] : {std::pair{0, 1}, {1, 2}, {2, 0}}) {
    std::this_thread::sleep_for(200ms);
    const std::size_t interruptions = follower.ear.interruptions();
    group.move_slot(slot, from, to);
    EXPECT_TRUE(comes_to_hold([&] {
      return follower.ear.interruptions() > interruptions && follower.broker.is_up() &&
             node.broker.is_up();
    }));
  }
  std::this_thread::sleep_for(200ms);
  writer.end();
  const auto texts = node.texts(log);
  EXPECT_EQ(writer.failures(), 0U);
  EXPECT_EQ(texts, writer.acknowledged());
  // What the follower has missed lies between an interruption and its end.
  const auto heard = follower.ear.entries();
  for (std::size_t i = 1; i < heard.size(); ++i)
    EXPECT_GT(heard[i].entry.offset, heard[i - 1].entry.offset);
  ASSERT_TRUE(node.append(log, "end").get().ok());
  eventually([&] { return follower.ear.entries().back().entry.bytes == "end"; });
}

// Between the first step and the last of moving a slot.
TEST_F(RedisClusterFaults, ASlotThatIsHalfMovedIsServed) {
  RedisNode node(group.url());
  node.wait_until_up();
  const std::string log = log_on(0);
  const unsigned slot = RedisKeys::slot_of(RedisKeys::partition_of(log));
  ASSERT_TRUE(node.append(log, "a").get().ok());
  const std::string number = std::to_string(slot);
  group.ask(1, "CLUSTER SETSLOT " + number + " IMPORTING " + group.id(0));
  group.ask(0, "CLUSTER SETSLOT " + number + " MIGRATING " + group.id(1));
  EXPECT_TRUE(node.append(log, "b").get().ok()) << "the log is where it was";
  group.ask(0, "MIGRATE 127.0.0.1 " + std::to_string(group.server(1).port()) + " " +
                   RedisKeys("mf").log(log) + " 0 5000");
  EXPECT_TRUE(node.append(log, "c").get().ok()) << "ASK is followed";
  EXPECT_EQ(node.texts(log), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_GT(node.broker.counts().redirections, 0U);
  group.move_slot(slot, 0, 1);
  EXPECT_TRUE(node.append(log, "d").get().ok()) << "MOVED is followed";
  EXPECT_EQ(node.texts(log), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST_F(RedisClusterFaults, TheOtherPartitionsGoOnWhereAServerIsLost) {
  RedisNode node(group.url());
  node.wait_until_up();
  group.server(2).kill();
  eventually([&] { return node.ear.interruptions() == 1; });
  EXPECT_EQ(failure(node.append(log_on(2), "a").get()), Failure::unavailable);
  EXPECT_TRUE(node.append(log_on(0), "a").get().ok());
  EXPECT_TRUE(node.append(log_on(1), "a").get().ok());
  group.server(2).start();
  ASSERT_TRUE(comes_to_hold([&] { return node.broker.is_up(); }));
  ASSERT_TRUE(comes_to_hold([&] { return node.append(log_on(2), "b").get().ok(); }));
}

TEST_F(RedisClusterFaults, AppendsKeepTheirOrderWhereScriptsAreForgotten) {
  RedisNode node(group.url());
  node.wait_until_up();
  std::vector<RedisNode::Later<Broker::Appended>> all;
  std::vector<std::string> sent;
  const std::string log = log_on(1);
  for (int i = 0; i < 1'000; ++i) {
    if (i % 250 == 0) group.ask_all("SCRIPT FLUSH");
    sent.push_back(std::to_string(i));
    all.push_back(node.append(log, sent.back()));
  }
  for (const auto& each : all) EXPECT_TRUE(each.get().ok());
  EXPECT_EQ(node.texts(log), sent);
}

}  // namespace
}  // namespace microframe::cluster
