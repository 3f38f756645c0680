// Nodes that are killed, and nodes whose clocks are wrong: processes of their own beside those of the
// test, over a real Redis.

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "microframe/client.hpp"
#include "support/child_server.hpp"
#include "support/node_members.hpp"
#include "support/nodes.hpp"
#include "support/relay.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace std::chrono_literals;
using microframe::Json;
using microframe::text;
using test::ChildServer;
using test::comes_within;
using test::eventually;
using test::LogMember;
using test::Nodes;
using Clock = std::chrono::steady_clock;

void set_limits(microframe::Limits& limits) {
  limits.messages_per_second = 0;
  limits.handshakes_per_user_per_second = 0;
}

// What a ChildServer runs: a node as those of Nodes are.
TEST(NodeChild, DISABLED_Serve) {
  microframe::authx::AuthConfig auth{std::string(32, 's')};
  auth.leeway = 1h;  // for clocks that are wrong
  test::Node node(auth);
  microframe::Limits limits;
  set_limits(limits);
  node.app.limits(limits).threads(2);
  node.app.cluster(
      microframe::RedisBroker(std::getenv("MICROFRAME_TEST_BROKER")),
      microframe::ClusterOptions().node(std::getenv("MICROFRAME_TEST_NODE")).offline_delay(200ms));
  node.app.start("127.0.0.1:0");
  const std::string line = std::to_string(node.app.port()) + "\n";
  ASSERT_EQ(::write(3, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  char end;
  EXPECT_EQ(::read(4, &end, 1), 0);
}

class NodeDeath : public testing::Test {
 protected:
  NodeDeath() { set_limits(nodes.limits); }

  ChildServer child(const std::string& name, std::vector<std::string> environment = {}) {
    environment.push_back("MICROFRAME_TEST_BROKER=" + nodes.url());
    environment.push_back("MICROFRAME_TEST_NODE=" + name);
    return ChildServer("NodeChild.DISABLED_Serve", environment);
  }
  test::V1Client client_of(std::uint16_t port, const std::string& user) {
    return test::V1Client(std::make_unique<test::RawClient>(port), nodes.token(user));
  }
  // Every node of the test has heard all that there is from so many others.
  void know_nodes(std::size_t count) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      eventually([&] {
        const auto known = nodes.at(i).app.nodes();
        return known.size() == count && std::all_of(known.begin(), known.end(),
                                                    [](const auto& one) { return one.is_heard; });
      });
    }
  }
  int onlines() {
    int all = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) all += nodes.at(i).chat.onlines;
    return all;
  }
  int offlines() {
    int all = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) all += nodes.at(i).chat.offlines;
    return all;
  }

  Nodes nodes;
};

TEST_F(NodeDeath, S55_TheUsersOfAKilledNodeLeave) {
  nodes.start(2);
  ChildServer dying = child("dying");
  know_nodes(2);
  std::vector<test::V1Client> gone;
  for (int i = 0; i < 5; ++i) {
    gone.push_back(client_of(dying.port(), "gone" + std::to_string(i)));
    gone.back().join("who");
  }
  auto alice = nodes.client(0, "alice");
  alice.join("who");
  // On the node that dies and on another: not offline by the death of one.
  auto both = nodes.client(1, "gone0");
  const auto sees = [&](std::size_t users, std::size_t devices) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes.at(i).chat.get_connected_users().size() != users) return false;
      if (nodes.at(i).chat.presence("who").size() != devices) return false;
    }
    return true;
  };
  eventually([&] { return sees(6, 6); });
  dying.kill();
  EXPECT_TRUE(comes_within(15s, [&] { return sees(2, 1); }));
  EXPECT_TRUE(comes_within(15s, [&] { return offlines() == 4; }));
  std::set<std::string> left;
  while (left.size() < 5) {
    const Json frame = alice.read_until("presence");
    for (const auto& user : frame.at("leaves").as_object())
      EXPECT_TRUE(left.insert(user.key()).second) << user.key() << " has left twice";
  }
  // The others look once more, a while later.
  std::this_thread::sleep_for(17s);
  EXPECT_EQ(offlines(), 4);
}

// Nothing in a cluster goes by the time of day: leases, expiry and the age of messages count elapsed
// time, and that of Redis alone. Tokens do go by it, with a leeway of an hour at most.
TEST_F(NodeDeath, S56_ClocksMayDifferByAnHour) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer wants to be loaded first";
  nodes.start(1);
  const std::string skew = std::string("LD_PRELOAD=") + MICROFRAME_SKEWED_CLOCK;
  ChildServer ahead = child("ahead", {skew, "MICROFRAME_TEST_SKEW_S=3590"});
  ChildServer behind = child("behind", {skew, "MICROFRAME_TEST_SKEW_S=-3590"});
  know_nodes(2);
  const auto lasting = microframe::authx::TokenOptions().ttl(5h);
  const auto join = [&](std::uint16_t port, const std::string& user) {
    const std::string token = microframe::authx::create_access_token(nodes.auth, user, lasting);
    return test::V1Client(std::make_unique<test::RawClient>(port), token);
  };
  LogMember alice(nodes.client(0, "alice"), "long");
  LogMember bob(join(ahead.port(), "bob"), "long");
  auto carol = join(behind.port(), "carol");
  carol.join("who");
  const std::vector<std::string> all{"alice", "bob", "carol"};
  eventually([&] { return nodes.at(0).chat.get_connected_users() == all; });
  const Json joined = carol.join("long");
  ASSERT_EQ(text(alice.say(1), "t"), "ack");
  ASSERT_EQ(text(bob.say(2), "t"), "ack");
  EXPECT_EQ(carol.read_until("message").at("offset").to_number<int>(), 1);
  EXPECT_EQ(carol.read_until("message").at("offset").to_number<int>(), 2);
  // Longer than a lease.
  std::this_thread::sleep_for(12s);
  EXPECT_EQ(nodes.at(0).chat.get_connected_users(), all);
  EXPECT_EQ(nodes.at(0).chat.presence("who").size(), 1U);
  EXPECT_EQ(offlines(), 0);
  // What was kept is neither too old nor too young anywhere.
  for (const std::uint16_t port : {nodes.at(0).app.port(), ahead.port(), behind.port()}) {
    auto late = join(port, "dave");
    late.send({{"t", "join"},
               {"id", 1},
               {"room", "long"},
               {"since", {{"epoch", joined.at("epoch")}, {"offset", 0}}}});
    EXPECT_EQ(late.read_until("joined").at("recovered"), Json(true));
    EXPECT_EQ(late.read_until("message").at("offset").to_number<int>(), 1);
    EXPECT_EQ(late.read_until("message").at("offset").to_number<int>(), 2);
  }
  ahead.kill();
  EXPECT_TRUE(comes_within(15s, [&] {
    return nodes.at(0).chat.get_connected_users() == std::vector<std::string>{"alice", "carol"};
  }));
}

// --- S57

constexpr int kReturning = 200;

// A client that says one number a while, and what has become of it.
class Returning {
 public:
  Returning(const microframe::ClientLoop& loop, int number, const std::string& url,
            const std::string& token)
      : number_(number), client_(loop, url, options(token)) {
    client_.on_state([this](const microframe::ClientStatus& status) {
      const std::lock_guard lock(mutex_);
      is_open_ = status.state == microframe::ClientState::open;
      sessions_ += is_open_ && !status.resumed;
    });
    client_.on_joined([this](const microframe::JoinedRoom& room) {
      const std::lock_guard lock(mutex_);
      ++joins_;
      if (room.recovered == false) ++told_;
    });
    client_.on_message(
        [this](const Json& message, const std::string&, std::optional<std::uint64_t> offset) {
          const std::lock_guard lock(mutex_);
          EXPECT_TRUE(last_ == 0 || offset == last_ + 1) << number_ << ": " << last_;
          last_ = offset.value_or(0);
          ++heard_[message.at("n").as_int64()];
        });
    client_.connect();
    client_.join("long");
  }

  void say(std::int64_t number) {
    {
      const std::lock_guard lock(mutex_);
      ++waiting_;
    }
    client_.send({{"in", "long"}, {"n", number}})
        .then([this](const Json&) { answered(""); },
              [this](const microframe::ClientError& error) { answered(error.code()); });
  }
  bool is_back(int sessions) const {
    const std::lock_guard lock(mutex_);
    return is_open_ && sessions_ >= sessions && joins_ >= sessions && waiting_ == 0;
  }
  std::map<std::int64_t, int> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  int told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  int sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_;
  }

 private:
  static microframe::ClientOptions options(const std::string& token) {
    microframe::ClientOptions options;
    options.token = [token] { return token; };
    return options;
  }
  void answered(const std::string& error) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(error, "") << number_;
    --waiting_;
  }

  const int number_;
  mutable std::mutex mutex_;
  bool is_open_ = false;
  int sessions_ = 0;
  int joins_ = 0;
  int told_ = 0;
  int waiting_ = 0;
  std::uint64_t last_ = 0;
  std::map<std::int64_t, int> heard_;
  microframe::Client client_;  // last: its handlers end before what they use
};

TEST_F(NodeDeath, S57_AllClientsOfADeadNodeAreBackSoon) {
  nodes.start(1);
  ChildServer dying = child("dying");
  know_nodes(1);
  test::Relay relay(dying.port());
  const std::string url = "ws://127.0.0.1:" + std::to_string(relay.port()) + "/ws";
  const microframe::ClientLoop loop;
  std::deque<Returning> clients;
  for (int i = 0; i < kReturning; ++i)
    clients.emplace_back(loop, i, url, nodes.token("u" + std::to_string(i)));
  const auto all_are_back = [&](int sessions) {
    return std::all_of(clients.begin(), clients.end(),
                       [&](const Returning& one) { return one.is_back(sessions); });
  };
  ASSERT_TRUE(comes_within(30s, [&] { return all_are_back(1); }));
  for (int i = 0; i < kReturning; ++i) clients[static_cast<std::size_t>(i)].say(i);
  // Some are answered, and some are on their way.
  std::this_thread::sleep_for(20ms);
  dying.kill();
  relay.lead_to(nodes.at(0).app.port());
  EXPECT_TRUE(comes_within(30s, [&] { return all_are_back(2); }));
  clients.front().say(kReturning);
  eventually([&] {
    return std::all_of(clients.begin(), clients.end(),
                       [](const Returning& one) { return one.heard().contains(kReturning); });
  });
  for (const Returning& one : clients) {
    EXPECT_EQ(one.told(), 0);
    const auto heard = one.heard();
    EXPECT_EQ(heard.size(), std::size_t{kReturning} + 1);
    for (const auto& [number, times] : heard) EXPECT_EQ(times, 1) << number;
  }
}

}  // namespace
