// What befalls the broker of a cluster, over whole applications and a real Redis: it is killed, it
// hangs, it forgets, it is replaced by one that lags, it is full, and it cuts its subscribers off.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cluster/redis_appends.hpp"
#include "cluster/redis_keys.hpp"
#include "guard/memory.hpp"
#include "support/node_members.hpp"
#include "support/nodes.hpp"
#include "support/relay.hpp"
#include "support/sanitized.hpp"
#include "support/served.hpp"

namespace {

using namespace std::chrono_literals;
using microframe::Json;
using microframe::text;
using microframe::cluster::RedisKeys;
using test::comes_within;
using test::eventually;
using test::LogMember;
using test::LogWriter;
using test::Nodes;
using test::V1Client;
using Clock = std::chrono::steady_clock;

class NodeScenario : public testing::Test {
 protected:
  NodeScenario() {
    nodes.limits.messages_per_second = 0;
    nodes.limits.handshakes_per_user_per_second = 0;
    nodes.limits.handshakes_per_address_per_second = 0;
  }

  LogMember member(std::size_t place, const std::string& user, const std::string& room = "long") {
    return {nodes.client(place, user), room};
  }
  bool is_ready(std::size_t place) {
    test::RawClient client(nodes.at(place).app.port());
    client.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    const unsigned status = client.read_status();
    EXPECT_TRUE(status == 200 || status == 503) << status;
    return status == 200;
  }
  bool all_ready(bool wanted) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (is_ready(i) != wanted) return false;
    }
    return true;
  }
  // Says it until it is acknowledged, each time another number.
  // returns: the number.
  std::int64_t say_until_stored(LogMember& who, std::int64_t first) {
    std::int64_t number = first;
    eventually([&] { return text(who.say(++number), "t") == "ack"; });
    return number;
  }
  // What is sent to the room on one node reaches the client on another.
  void expect_crossing(std::size_t from, V1Client& to, const std::string& room) {
    static int number = 0;
    const std::string mark = "crossing " + std::to_string(++number);
    // The room is heard again a moment after the node is ready.
    const std::jthread says([&] {
      for (int i = 0; i < 50; ++i) {
        nodes.at(from).chat.broadcast_to_room(room, {{"mark", mark}});
        std::this_thread::sleep_for(20ms);
      }
    });
    while (true) {
      const Json frame = to.read_until("message");
      const Json* data = frame.as_object().if_contains("data");
      const Json* said =
          data && data->is_object() ? data->as_object().if_contains("mark") : nullptr;
      if (said && *said == Json(mark)) break;
    }
  }

  Nodes nodes;
};

TEST_F(NodeScenario, S49_WithoutItsBrokerANodeServesWhatItCan) {
  nodes.start(3);
  auto alice = member(0, "alice");
  auto bob = member(1, "bob");
  auto carol = nodes.client(0, "carol");
  auto dave = nodes.client(1, "dave");
  for (V1Client* each : {&alice.client(), &carol, &dave}) each->join("tea");
  ASSERT_EQ(text(alice.say(1), "t"), "ack");
  bob.read_to(1);
  EXPECT_TRUE(all_ready(true));

  eventually([&] { return nodes.at(0).chat.is_connected("bob"); });
  nodes.redis().kill();
  // A node that cannot be asked has not answered.
  const auto acks =
      microframe::sync_wait(nodes.at(0).chat.send_acked("bob", {{"well", "?"}}, 50ms));
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].status, microframe::ws::AckStatus::timed_out);
  EXPECT_EQ(acks[0].device, "");
  EXPECT_FALSE(acks[0].socket);
  EXPECT_EQ(microframe::sync_wait(nodes.at(0).chat.read_history("long")), std::nullopt);
  auto began = Clock::now();
  eventually([&] { return all_ready(false); });
  EXPECT_LT(Clock::now() - began, 5s);
  // A room without history goes on for those on this node.
  EXPECT_EQ(text(alice.ask({{"in", "tea"}, {"n", 1}}), "t"), "ack");
  EXPECT_EQ(carol.read_until("message").at("data").at("n"), Json(1));
  for (std::int64_t number = 2; number <= 4; ++number) {
    began = Clock::now();
    const Json answer = alice.say(number);
    EXPECT_EQ(text(answer, "t"), "error");
    EXPECT_EQ(text(answer, "code"), "unavailable");
    EXPECT_LT(Clock::now() - began, 2500ms);
  }
  // Whoever comes now is served too.
  auto erin = nodes.client(0, "erin");
  EXPECT_EQ(text(erin.join("tea"), "t"), "joined");
  EXPECT_EQ(text(alice.ask({{"in", "tea"}, {"n", 2}}), "t"), "ack");
  EXPECT_EQ(erin.read_until("message").at("data").at("n"), Json(2));

  nodes.redis().start();
  eventually([&] { return all_ready(true); });
  expect_crossing(0, dave, "tea");
  expect_crossing(1, erin, "tea");
  // This Redis kept nothing on disk: the members are told.
  const std::string former = bob.epoch();
  const std::int64_t number = say_until_stored(alice, 100);
  bob.read_to(number);
  alice.read_to(number);
  EXPECT_GE(bob.told(), 1);
  EXPECT_NE(bob.epoch(), former);
  for (std::int64_t lost = 2; lost <= 4; ++lost) EXPECT_FALSE(bob.has(lost));
}

// Half a minute in a run by hand; here a few seconds, which are longer than anyone waits.
constexpr auto kStopped = 4s;

TEST_F(NodeScenario, S50_ABrokerThatHangsCostsErrorsAndNoMemory) {
  nodes.start(2);
  auto bob = member(1, "bob");
  LogWriter first(nodes.client(0, "alice"), "long", 1);
  LogWriter second(nodes.client(1, "carol"), "long", 1'000'000);
  eventually([&] { return first.acknowledged() > 50 && second.acknowledged() > 50; });
  nodes.redis().signal(SIGSTOP);
  const auto end = Clock::now() + kStopped;
  const std::size_t before = microframe::guard::resident_bytes();
  // 256 MB, of which no more than a quarter may wait.
  const Json large = {{"text", std::string(256 * 1024, 'x')}};
  std::size_t most = before;
  for (int i = 0; i < 1'000; ++i) {
    nodes.at(0).chat.broadcast_to_room("long flood", large);
    if (i % 50 == 0) most = std::max(most, microframe::guard::resident_bytes());
  }
  std::this_thread::sleep_until(end);
  most = std::max(most, microframe::guard::resident_bytes());
  if (!test::kSanitized) {
    EXPECT_LT(most, before + (std::size_t{128} << 20));
  }
  EXPECT_GT(first.refused(), 0U);
  EXPECT_GT(second.refused(), 0U);
  const std::size_t acknowledged = first.acknowledged();
  nodes.redis().signal(SIGCONT);
  eventually([&] { return all_ready(true); });
  eventually([&] { return first.acknowledged() > acknowledged + 50; });
  first.end();
  second.end();
  auto last = member(0, "dave");
  bob.read_to(say_until_stored(last, 5'000'000));
  EXPECT_EQ(bob.told(), 0);
  bob.expect_all(first.numbers());
  bob.expect_all(second.numbers());
}

TEST_F(NodeScenario, S51_ABrokerThatForgetsIsNoSilentLoss) {
  nodes.start(2);
  auto bob = member(1, "bob");
  auto carol = member(0, "carol");
  LogWriter writer(nodes.client(0, "alice"), "long", 1);
  eventually([&] { return writer.acknowledged() > 50; });
  bob.read_to(50);
  carol.read_to(50);
  const std::string former = bob.epoch();
  nodes.redis().ask("FLUSHALL");
  const std::size_t acknowledged = writer.acknowledged();
  eventually([&] { return writer.acknowledged() > acknowledged + 100; });
  writer.end();
  auto last = member(1, "dave");
  const std::int64_t number = say_until_stored(last, 5'000'000);
  for (LogMember* each : {&bob, &carol}) {
    each->read_to(number);
    EXPECT_GE(each->told(), 1);
    EXPECT_NE(each->epoch(), former);
    // All that is acknowledged from some time on has come.
    const auto& numbers = writer.numbers();
    each->expect_all({numbers.end() - 50, numbers.end()});
  }
  EXPECT_EQ(bob.epoch(), carol.epoch());
  EXPECT_EQ(bob.offset(), carol.offset());
}

// Who is there is known to the nodes, not to the broker alone: nobody is told of anyone again.
TEST_F(NodeScenario, S51_UsersOutlastABrokerThatForgets) {
  nodes.start(2);
  auto alice = nodes.plain(0, "alice");
  auto bob = nodes.plain(1, "bob");
  const std::vector<std::string> both{"alice", "bob"};
  const auto count = [&](std::atomic<int> test::NodeChat::* what) {
    return nodes.at(0).chat.*what + nodes.at(1).chat.*what;
  };
  eventually([&] { return count(&test::NodeChat::onlines) == 2; });
  nodes.redis().ask("FLUSHALL");
  // Each lease is renewed twice.
  std::this_thread::sleep_for(8s);
  for (std::size_t i = 0; i < 2; ++i)
    eventually([&] { return nodes.at(i).chat.get_connected_users() == both; });
  EXPECT_EQ(count(&test::NodeChat::onlines), 2);
  EXPECT_EQ(count(&test::NodeChat::offlines), 0);
  bob.send_close();
  eventually([&] { return count(&test::NodeChat::offlines) == 1; });
  EXPECT_EQ(nodes.at(0).chat.get_connected_users(), std::vector<std::string>{"alice"});
}

// Redis replicates later than it answers: a replica that is promoted may lack the last messages, and
// then it numbers others alike.
TEST_F(NodeScenario, S51_AReplicaThatLagsIsNoSilentLoss) {
  test::RedisProcess master;
  test::RedisProcess replica({"--replicaof", "127.0.0.1", std::to_string(master.port()),
                              "--repl-diskless-sync-delay", "0"});
  test::Relay relay(master.port());
  nodes.broker = "redis://127.0.0.1:" + std::to_string(relay.port());
  nodes.start(2);
  auto alice = member(0, "alice");
  auto bob = member(1, "bob");
  for (std::int64_t n = 1; n <= 5; ++n) ASSERT_EQ(text(alice.say(n), "t"), "ack");
  const std::string key = "\"" + RedisKeys("mf").log("log /ws long") + "\"";
  eventually([&] { return replica.ask("XLEN " + key) == "5"; });
  replica.ask("REPLICAOF NO ONE");
  for (std::int64_t n = 6; n <= 8; ++n) ASSERT_EQ(text(alice.say(n), "t"), "ack");
  bob.read_to(8);
  const std::string former = bob.epoch();
  const std::uint64_t offset = bob.offset();

  relay.lead_to(replica.port());
  master.kill();
  relay.cut();
  std::int64_t number = 100;
  for (int i = 0; i < 8; ++i) number = say_until_stored(alice, number);
  bob.read_to(number);
  alice.read_to(number);
  for (LogMember* each : {&alice, &bob}) {
    EXPECT_GE(each->told(), 1);
    EXPECT_NE(each->epoch(), former);
  }
  EXPECT_EQ(alice.epoch(), bob.epoch());
  EXPECT_EQ(alice.offset(), bob.offset());
  double forks = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    forks += test::metric(nodes.at(i).app.port(), "microframe_cluster_log_forks_total");
  EXPECT_GE(forks, 1);
  // Whoever comes with what was the position before is told as well.
  auto carol = nodes.client(1, "carol");
  carol.send({{"t", "join"},
              {"id", 1},
              {"room", "long"},
              {"since", {{"epoch", former}, {"offset", offset}}}});
  EXPECT_EQ(carol.read_until("joined").at("recovered"), Json(false));
}

TEST_F(NodeScenario, S52_ASubscriptionThatIsDroppedIsMadeUpFor) {
  nodes.start(3);
  std::vector<LogMember> members;
  for (std::size_t i = 0; i < 3; ++i) members.push_back(member(i, "member" + std::to_string(i)));
  LogWriter writer(nodes.client(0, "alice"), "long", 1);
  for (int i = 0; i < 3; ++i) {
    const std::size_t acknowledged = writer.acknowledged();
    eventually([&] { return writer.acknowledged() > acknowledged + 50; });
    nodes.redis().ask("CLIENT KILL TYPE pubsub");
  }
  writer.end();
  auto last = member(1, "dave");
  const std::int64_t number = say_until_stored(last, 5'000'000);
  for (LogMember& each : members) {
    each.read_to(number);
    EXPECT_EQ(each.told(), 0);
    each.expect_all(writer.numbers());
  }
}

TEST_F(NodeScenario, S53_TwoNodesOfOneNameAreRefused) {
  nodes.start(1);
  test::Node second(nodes.auth);
  second.app.cluster(microframe::RedisBroker(nodes.url()),
                     microframe::ClusterOptions().node("node1"));
  try {
    second.app.start("127.0.0.1:0");
    FAIL() << "it has started";
  } catch (const microframe::ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("\"node1\""), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("a name of its own"), std::string::npos)
        << error.what();
  }
  auto alice = member(0, "alice");
  EXPECT_EQ(text(alice.say(1), "t"), "ack") << "the first serves on";
}

// Longer than a lease.
constexpr auto kCutOff = 14s;

TEST_F(NodeScenario, S54_ANodeThatWasCutOffHasMissedNothing) {
  const std::string direct = nodes.url();
  test::Relay relay(nodes.redis().port());
  nodes.add();
  nodes.add();
  nodes.broker = "redis://127.0.0.1:" + std::to_string(relay.port());
  nodes.start(1);
  nodes.broker = direct;
  auto alice = member(0, "alice");
  auto carol = member(2, "carol");
  auto bob = nodes.client(1, "bob");
  bob.join("who");
  carol.client().join("who");
  const auto sees = [&](std::size_t place, bool wanted) {
    return nodes.at(place).chat.is_connected("carol") == wanted &&
           nodes.at(place).chat.presence("who").size() == (wanted ? 2U : 1U);
  };
  eventually([&] { return sees(0, true) && sees(1, true); });
  ASSERT_EQ(text(alice.say(1), "t"), "ack");
  carol.read_to(1);

  relay.hold();
  const auto end = Clock::now() + kCutOff;
  for (std::int64_t n = 2; n <= 60; ++n) ASSERT_EQ(text(alice.say(n), "t"), "ack");
  EXPECT_TRUE(comes_within(20s, [&] { return sees(0, false) && sees(1, false); }));
  EXPECT_TRUE(nodes.at(0).chat.is_connected("bob"));
  std::this_thread::sleep_until(end);
  relay.go_on();
  ASSERT_EQ(text(alice.say(61), "t"), "ack");
  carol.read_to(61);
  EXPECT_EQ(carol.told(), 0);
  EXPECT_EQ(carol.numbers().size(), 61U);
  EXPECT_TRUE(comes_within(20s, [&] { return sees(0, true) && sees(1, true); }));
  const std::int64_t number = say_until_stored(carol, 100);
  alice.read_to(number);
  EXPECT_EQ(alice.told(), 0);
}

class FullBroker : public NodeScenario {};

TEST_F(FullBroker, S50_ABrokerWithoutMemoryIsUnavailable) {
  test::RedisProcess full({"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"});
  nodes.broker = full.url();
  nodes.start(2);
  auto alice = member(0, "alice");
  auto bob = member(1, "bob");
  auto carol = nodes.client(1, "carol");
  alice.client().join("tea");
  carol.join("tea");
  const std::string large(100'000, 'x');
  std::int64_t number = 0;
  std::vector<std::int64_t> stored;
  Json answer;
  for (; number < 100; ++number) {
    answer = alice.ask({{"in", "long"}, {"n", number}, {"text", large}});
    if (text(answer, "t") != "ack") break;
    stored.push_back(number);
  }
  EXPECT_EQ(text(answer, "code"), "unavailable");
  EXPECT_FALSE(stored.empty());
  // Longer than a lease, which cannot be renewed now.
  const auto end = Clock::now() + 12s;
  while (Clock::now() < end) {
    EXPECT_EQ(text(alice.ask({{"in", "tea"}, {"n", 1}}), "t"), "ack");
    EXPECT_EQ(carol.read_until("message").at("data").at("n"), Json(1));
    std::this_thread::sleep_for(500ms);
  }
  EXPECT_TRUE(all_ready(true));
  EXPECT_TRUE(nodes.at(0).chat.is_connected("bob"));
  EXPECT_TRUE(nodes.at(1).chat.is_connected("alice"));
  full.ask("CONFIG SET maxmemory 100mb");
  const std::int64_t last = say_until_stored(alice, 1'000);
  bob.read_to(last);
  EXPECT_EQ(bob.told(), 0);
  bob.expect_all(stored);
  // Both have their leases again.
  EXPECT_TRUE(comes_within(15s, [&] {
    return nodes.at(0).chat.is_connected("bob") && nodes.at(1).chat.is_connected("alice");
  }));
}

// As RedisShell writes any bytes.
std::string escaped(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return result + "\"";
}

TEST_F(NodeScenario, NodesOfALaterVersionAreBorneWith) {
  nodes.start(2);
  auto alice = member(0, "alice");
  auto bob = member(1, "bob");
  alice.client().join("tea");
  const RedisKeys keys("mf");
  std::string header(16, '\1');
  header += "\6future";
  const std::string from = static_cast<char>(header.size()) + header;
  const std::string messages[] = {
      "\x02 all of another format",
      "\x01" + from + "\xC8\4what",                     // an item of a kind that is not known
      "\x01" + from + "\xC8\4what" + "\x0D\1\5",        // and a beat behind it
      "\x01" + from + "\x01\5short" + "\x08\1\xFF",     // items that are no such thing
      "\x01" + from + "\x02\x7F" + "cut",               // one that is cut
      std::string("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),  // a header without end
      std::string(1, '\0'),
  };
  for (const char* topic : {"cluster", "all /ws", "room /ws tea", "node node1", "node node2"}) {
    for (const std::string& each : messages)
      nodes.redis().ask("PUBLISH \"" + keys.topic_channel(topic) + "\" " + escaped(each));
  }
  expect_crossing(1, alice.client(), "tea");
  ASSERT_EQ(text(alice.say(1), "t"), "ack");
  bob.read_to(1);
  // An entry that only a later version can read: the members are told that it is missing.
  const std::string key = "\"" + keys.log("log /ws long") + "\"";
  std::string entry = microframe::cluster::RedisAppends::encode({7, 300'000, 100'000});
  entry += "\x09of a later kind";
  const std::string first = nodes.redis().ask("XREVRANGE " + key + " + - COUNT 1");
  const std::string epoch = first.substr(0, first.find('-'));
  nodes.redis().ask("XADD " + key + " " + epoch + "-* " + epoch + " " + escaped(entry));
  bob.read_until_told(1);
  EXPECT_EQ(bob.offset(), 2U);
  ASSERT_EQ(text(alice.say(3), "t"), "ack");
  bob.read_to(3);
  EXPECT_EQ(bob.offset(), 3U);
  EXPECT_TRUE(all_ready(true));
  EXPECT_TRUE(nodes.at(0).chat.is_connected("bob"));
}

}  // namespace
