// What a Redis does to its clients: it dies, hangs, forgets, has no memory left, and cuts them off.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "cluster/redis_keys.hpp"
#include "support/redis_server.hpp"
#include "unit/cluster/redis_node.hpp"

namespace microframe::cluster {
namespace {

using namespace std::chrono_literals;
using Broker = hub::Broker;
using Failure = Broker::Failure;
using test::eventually;
using test::failure;
using test::RedisNode;
using Clock = std::chrono::steady_clock;
using Lines = std::vector<std::string>;

class RedisFaults : public testing::Test {
 protected:
  explicit RedisFaults(std::vector<std::string> arguments = {}) : redis(std::move(arguments)) {
    node.wait_until_up();
  }

  test::RedisProcess redis;
  RedisNode node{redis.url()};
};

TEST_F(RedisFaults, AKilledRedisIsFoundAgain) {
  ASSERT_TRUE(node.follow("log"));
  const auto first = node.append("log", "a").get();
  ASSERT_TRUE(first.ok());
  redis.kill();
  eventually([&] { return !node.broker.is_up(); });
  EXPECT_EQ(failure(node.append("log", "lost").get()), Failure::unavailable);
  redis.start();
  node.wait_until_up();
  EXPECT_EQ(node.ear.interruptions(), 1U);
  EXPECT_EQ(node.ear.restorations(), 1U);
  const auto second = node.append("log", "b").get();
  ASSERT_TRUE(second.ok());
  EXPECT_GT(second->position.epoch, first->position.epoch) << "it kept nothing on disk";
  EXPECT_EQ(second->position.offset, 1U);
  eventually([&] { return node.ear.entries().size() == 2; });
}

TEST_F(RedisFaults, ARedisThatHangsIsNoticedByThoseWhoWait) {
  redis.signal(SIGSTOP);
  const auto began = Clock::now();
  std::vector<RedisNode::Later<Broker::Appended>> all;
  for (int i = 0; i < 200; ++i) all.push_back(node.append("log", std::to_string(i)));
  for (const auto& each : all) EXPECT_EQ(failure(each.get()), Failure::unavailable);
  EXPECT_LT(Clock::now() - began, Broker::kPatience + 500ms);
  std::this_thread::sleep_for(1s);
  redis.signal(SIGCONT);
  node.wait_until_up();
  EXPECT_TRUE(node.append("log", "after").get().ok());
  EXPECT_EQ(node.ear.interruptions(), 1U);
}

TEST_F(RedisFaults, ARedisThatHangsIsNoticedThoughNobodyWaits) {
  redis.signal(SIGSTOP);
  const auto began = Clock::now();
  eventually([&] { return node.ear.interruptions() == 1; });
  EXPECT_LT(Clock::now() - began, 5s + 500ms);
  redis.signal(SIGCONT);
  node.wait_until_up();
}

TEST_F(RedisFaults, ALogThatWasFlushedIsFollowedUnderItsNewEpoch) {
  RedisNode other(redis.url());
  other.wait_until_up();
  ASSERT_TRUE(other.follow("log"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(node.append("log", "a").get().ok());
  redis.ask("FLUSHALL");
  const auto after = node.append("log", "b").get();
  ASSERT_TRUE(after.ok());
  eventually([&] { return other.ear.entries().size() == 4; });
  const auto last = other.ear.entries().back();
  EXPECT_EQ(last.epoch, after->position.epoch);
  EXPECT_EQ(last.entry.offset, 1U);
}

// Somebody else has gone on with the log, under an epoch that this node does not know.
TEST_F(RedisFaults, AnEpochThatIsRememberedWronglyDoesNoHarm) {
  RedisNode other(redis.url());
  other.wait_until_up();
  const auto first = node.append("log", "a").get();
  ASSERT_TRUE(first.ok());
  RedisNode::Later<Broker::Position> renewed;
  other.broker.renew("log", first->position.epoch, renewed.done());
  ASSERT_TRUE(renewed.get().ok());
  const auto second = node.append("log", "b").get();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->position, (Broker::Position{renewed.get()->epoch, 2}));
  // And the log has gone back to an epoch before the one that is remembered.
  redis.ask("FLUSHALL");
  redis.ask("XADD " + RedisKeys("mf").log("log") + " 5-1 1 0123456789abcdefghijold");
  const auto third = node.append("log", "c").get();
  ASSERT_TRUE(third.ok());
  EXPECT_GT(third->position.epoch, second->position.epoch);
  EXPECT_EQ(third->position.offset, 1U);
}

TEST_F(RedisFaults, ForgottenScriptsAreSentAgainAndNothingIsOvertaken) {
  std::vector<RedisNode::Later<Broker::Appended>> all;
  Lines sent;
  for (int i = 0; i < 2'000; ++i) {
    if (i % 400 == 0) redis.ask("SCRIPT FLUSH");
    sent.push_back(std::to_string(i));
    all.push_back(node.append("log", sent.back()));
  }
  for (const auto& each : all) EXPECT_TRUE(each.get().ok());
  EXPECT_EQ(node.texts("log"), sent);
  redis.ask("SCRIPT FLUSH");
  RedisNode::Later<bool> entered;
  node.broker.enter("roll", "alice", "n1", entered.done());
  EXPECT_TRUE(entered.get().ok());
}

// While one node sends it again, another might bring it, and what the first has sent since would be
// taken before what it sent first.
TEST_F(RedisFaults, ARedisThatIsNewIsSentTheScriptFirst) {
  ASSERT_TRUE(node.append("log", "a").get().ok());
  redis.ask("SCRIPT FLUSH");
  redis.ask("CLIENT KILL TYPE normal");
  eventually([&] { return node.ear.restorations() == 1; });
  redis.ask("CONFIG RESETSTAT");
  ASSERT_TRUE(node.append("log", "b").get().ok());
  EXPECT_EQ(redis.ask("INFO errorstats").find("NOSCRIPT"), std::string::npos);
}

TEST_F(RedisFaults, ASubscriptionConnectionThatIsCutIsAnInterruption) {
  ASSERT_TRUE(node.subscribe("news"));
  redis.ask("CLIENT KILL TYPE pubsub");
  eventually([&] { return node.ear.restorations() == 1; });
  EXPECT_EQ(node.ear.interruptions(), 1U);
  node.broker.publish("news", "again");
  eventually([&] { return node.ear.heard("news") == Lines{"again"}; });
}

TEST_F(RedisFaults, AConnectionThatIsCutCostsNoMessageThatHasAName) {
  ASSERT_TRUE(node.follow("log"));
  std::vector<RedisNode::Later<Broker::Appended>> all;
  Lines sent;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 200; ++i) {
      if (i == 100) redis.ask(round == 1 ? "CLIENT KILL TYPE normal" : "CLIENT KILL TYPE pubsub");
      sent.push_back(std::to_string(sent.size()));
      auto what = RedisNode::message("log", sent.back());
      what.once = "name " + sent.back();
      all.push_back(node.append(what));
      std::this_thread::sleep_for(100us);
    }
    eventually([&] { return node.ear.restorations() == static_cast<std::size_t>(round) + 1; });
  }
  for (const auto& each : all) EXPECT_TRUE(each.get().ok());
  EXPECT_EQ(node.texts("log"), sent) << "each once, in order";
}

TEST_F(RedisFaults, ManySubscriptionsAreMadeAgain) {
  constexpr int kTopics = 5'000;
  for (int i = 0; i < kTopics; ++i) node.broker.subscribe("t" + std::to_string(i), [](auto) {});
  ASSERT_TRUE(node.subscribe("last"));
  redis.ask("CLIENT KILL TYPE pubsub");
  eventually([&] { return node.ear.restorations() == 1; });
  EXPECT_EQ(redis.ask("PUBSUB NUMSUB " + RedisKeys("mf").topic_channel("t77")).substr(0, 3), "mf:");
  for (int i = 0; i < kTopics; i += 100) node.broker.publish("t" + std::to_string(i), "x");
  eventually([&] { return node.ear.heard("t4900").size() == 1; });
  for (int i = 0; i < kTopics; i += 100)
    EXPECT_EQ(node.ear.heard("t" + std::to_string(i)).size(), 1U);
}

TEST_F(RedisFaults, AKeyOfAnotherKindIsRefusedAlone) {
  redis.ask("SET " + RedisKeys("mf").log("taken") + " x");
  const auto bad = node.append("taken", "a");
  const auto good = node.append("log", "b");
  EXPECT_EQ(failure(bad.get()), Failure::refused);
  EXPECT_TRUE(good.get().ok());
}

TEST_F(RedisFaults, WhatIsPublishedMeanwhileIsDroppedAndCounted) {
  redis.kill();
  eventually([&] { return !node.broker.is_up(); });
  for (int i = 0; i < 10; ++i) node.broker.publish("news", "x");
  eventually([&] { return node.broker.counts().publishes_dropped == 10; });
}

TEST_F(RedisFaults, WhatWaitsIsBounded) {
  redis.signal(SIGSTOP);
  const std::string megabyte(1 << 20, 'x');
  std::vector<RedisNode::Later<Broker::Appended>> all;
  for (int i = 0; i < 80; ++i) all.push_back(node.append("log", megabyte));
  std::size_t full = 0, unavailable = 0;
  for (const auto& each : all) {
    const auto why = failure(each.get());
    full += why == Failure::full;
    unavailable += why == Failure::unavailable;
  }
  EXPECT_GE(full, 16U);
  EXPECT_EQ(full + unavailable, all.size());
  redis.signal(SIGCONT);
  eventually([&] { return node.broker.counts().bytes_waiting == 0; });
}

TEST_F(RedisFaults, WithoutAReplicaNothingIsDurable) {
  auto what = RedisNode::message("log", "a");
  what.durable = true;
  EXPECT_EQ(failure(node.append(what).get()), Failure::not_durable);
  // However many wait, all are told in time.
  const auto began = Clock::now();
  std::vector<RedisNode::Later<Broker::Appended>> all;
  for (int i = 0; i < 500; ++i) {
    all.push_back(node.append(what));
    if (i % 50 == 0) std::this_thread::sleep_for(1ms);
  }
  for (const auto& each : all) EXPECT_EQ(failure(each.get()), Failure::not_durable);
  EXPECT_LT(Clock::now() - began, Broker::kPatience + 500ms);
  const test::RedisProcess replica({"--replicaof", "127.0.0.1", std::to_string(redis.port()),
                                    "--repl-diskless-sync-delay", "0"});
  eventually([&] { return node.append(what).get().ok(); });
}

// Redis itself may keep some more.
TEST_F(RedisFaults, APageHoldsNothingThatIsTooManyOrTooOld) {
  std::vector<RedisNode::Later<Broker::Appended>> all;
  for (int i = 0; i < 1'000; ++i) {
    auto what = RedisNode::message("log", std::to_string(i));
    what.kept_max = 7;
    all.push_back(node.append(what));
  }
  for (const auto& each : all) EXPECT_TRUE(each.get().ok());
  EXPECT_EQ(node.texts("log"), (Lines{"993", "994", "995", "996", "997", "998", "999"}));
  RedisNode::Later<Broker::Page> page;
  node.broker.read("log", 1, 2, page.done());
  EXPECT_EQ(page.get()->entries.at(0).bytes, "993");
  std::this_thread::sleep_for(300ms);
  auto what = RedisNode::message("log", "young");
  what.age_max = 250ms;
  ASSERT_TRUE(node.append(what).get().ok());
  RedisNode::Later<Broker::Page> later;
  node.broker.read("log", 1, 2, later.done());
  EXPECT_EQ(later.get()->last, 1'001U);
  EXPECT_EQ(later.get()->entries.size(), 1U) << "pages of what is too old are passed over";
}

class RedisWithoutMemory : public RedisFaults {
 protected:
  RedisWithoutMemory() : RedisFaults({"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"}) {}
};

TEST_F(RedisWithoutMemory, SaysThatItIsFull) {
  const std::string large(100'000, 'x');
  std::optional<Failure> why;
  std::size_t appended = 0;
  for (int i = 0; i < 100 && !why; ++i) {
    why = failure(node.append("log", large).get());
    appended += !why;
  }
  EXPECT_EQ(why, Failure::full);
  EXPECT_EQ(node.texts("log").size(), appended);
  RedisNode::Later<bool> put;
  node.broker.put("note", large, 1min, false, put.done());
  EXPECT_EQ(failure(put.get()), Failure::full);
  redis.ask("CONFIG SET maxmemory 100mb");
  EXPECT_TRUE(node.append("log", large).get().ok());
  EXPECT_EQ(node.ear.interruptions(), 0U);
}

TEST(RedisAccess, AWrongPasswordIsNoAccess) {
  const test::RedisProcess redis({"--requirepass", "right"});
  RedisNode node("redis://:wrong@" + redis.address());
  eventually([&] { return node.ear.interruptions() == 1; });
  EXPECT_FALSE(node.broker.is_up());
  EXPECT_EQ(failure(node.append("log", "a").get()), Failure::unavailable);
  RedisNode good("redis://:right@" + redis.address());
  good.wait_until_up();
}

TEST(RedisAccess, AReplicaIsNoBroker) {
  const test::RedisProcess master;
  const test::RedisProcess replica({"--replicaof", "127.0.0.1", std::to_string(master.port()),
                                    "--repl-diskless-sync-delay", "0"});
  RedisNode node(replica.url());
  eventually([&] { return node.ear.interruptions() == 1; });
  EXPECT_FALSE(node.broker.is_up());
}

// A master that has become a replica: what is written tells.
TEST(RedisAccess, AMasterThatIsDemotedIsLeft) {
  const test::RedisProcess other;
  test::RedisProcess redis;
  RedisNode node(redis.url());
  node.wait_until_up();
  redis.ask("REPLICAOF 127.0.0.1 " + std::to_string(other.port()));
  EXPECT_EQ(failure(node.append("log", "a").get()), Failure::unavailable);
  eventually([&] { return node.ear.interruptions() == 1; });
  redis.ask("REPLICAOF NO ONE");
  node.wait_until_up();
  EXPECT_TRUE(node.append("log", "a").get().ok());
}

TEST(RedisAccess, DatabasesDoNotHearEachOther) {
  const test::RedisProcess redis;
  RedisNode first(redis.url() + "/1"), second(redis.url() + "/2");
  for (RedisNode* each : {&first, &second}) {
    each->wait_until_up();
    ASSERT_TRUE(each->subscribe("news"));
    ASSERT_TRUE(each->follow("log"));
  }
  first.broker.publish("news", "1");
  second.broker.publish("news", "2");
  ASSERT_TRUE(first.append("log", "1").get().ok());
  ASSERT_TRUE(second.append("log", "2").get().ok());
  eventually([&] { return first.ear.entries().size() + second.ear.entries().size() == 2; });
  eventually([&] { return second.ear.heard("news") == Lines{"2"}; });
  EXPECT_EQ(first.ear.heard("news"), Lines{"1"});
  EXPECT_EQ(first.texts("log"), Lines{"1"});
}

// The first answer is not the one to the second question.
TEST(RedisAccess, WhoSubscribesAgainHearsAllFromThenOn) {
  const test::RedisProcess redis;
  RedisNode node(redis.url()), other(redis.url());
  node.wait_until_up();
  other.wait_until_up();
  for (int i = 0; i < 200; ++i) {
    const std::string topic = "t" + std::to_string(i);
    node.broker.subscribe(topic, [](auto) {});
    node.broker.unsubscribe(topic);
    ASSERT_TRUE(node.subscribe(topic));
    other.broker.publish(topic, "x");
    eventually([&] { return node.ear.heard(topic) == Lines{"x"}; });
  }
}

TEST(RedisAccess, WhatIsAskedBeforeTheFirstConnectionWaitsForIt) {
  const test::RedisProcess redis;
  RedisNode node(redis.url());
  const auto subscribed = node.subscribe("news");
  const auto appended = node.append("log", "a");
  EXPECT_TRUE(subscribed);
  EXPECT_TRUE(appended.get().ok());
  EXPECT_EQ(node.ear.interruptions(), 0U);
}

TEST(RedisAccess, NobodyThereIsToldInTime) {
  const auto began = Clock::now();
  RedisNode node("redis://127.0.0.1:" + std::to_string(test::free_port()));
  EXPECT_EQ(failure(node.append("log", "a").get()), Failure::unavailable);
  EXPECT_FALSE(node.subscribe("news"));
  EXPECT_LT(Clock::now() - began, 2 * Broker::kPatience);
}

}  // namespace
}  // namespace microframe::cluster
