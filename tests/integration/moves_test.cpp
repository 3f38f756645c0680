// Sessions that move: a client of microframe.v1 that comes back to another node goes on there, and has
// missed nothing.

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "microframe/client.hpp"
#include "support/child_server.hpp"
#include "support/nodes.hpp"
#include "support/relay.hpp"
#include "support/served.hpp"

namespace {

using microframe::Json;
using microframe::text;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using test::eventually;
using test::Nodes;
using test::V1Client;

class Moves : public testing::Test {
 protected:
  void SetUp() override { nodes.start(3); }
  test::NodeChat& chat(std::size_t place) { return nodes.at(place).chat; }
  void know(const std::string& room, const Names& users) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      eventually([&] { return chat(i).get_room_members(room) == users; });
  }
  static Json data(V1Client& client) { return client.read_until("message").at("data"); }

  Nodes nodes;
};

TEST_F(Moves, AClientThatComesToAnotherNodeGoesOnThere) {
  auto alice = nodes.client(0, "alice");
  alice.join("tea");
  alice.join("kept");
  know("tea", {"alice"});
  know("kept", {"alice"});
  chat(1).broadcast_to_room("tea", {{"n", 1}});
  chat(1).broadcast_to_room("kept", {{"n", 2}});
  std::set<std::int64_t> told;
  for (int i = 0; i < 2; ++i) told.insert(data(alice).at("n").to_number<std::int64_t>());
  EXPECT_EQ(told, (std::set<std::int64_t>{1, 2}));
  alice.lose();
  eventually([&] { return chat(1).connection_count() == 0; });
  chat(1).broadcast_to_room("tea", {{"n", 3}});
  chat(1).send_to("alice", {{"n", 4}});
  chat(1).broadcast({{"n", 5}});
  eventually([&] { return chat(0).get_connected_users().empty(); });
  auto back = nodes.client(1, "alice", &alice);
  ASSERT_TRUE(back.resumed());
  EXPECT_EQ(text(back.welcome(), "session"), text(alice.welcome(), "session"));
  for (int n = 3; n <= 5; ++n) EXPECT_EQ(data(back), Json({{"n", n}}));
  know("tea", {"alice"});
  for (std::size_t i = 0; i < 3; ++i) {
    eventually([&] { return chat(i).device_count("alice") == 1; });
    chat(i).broadcast_to_room("tea", {{"n", 6}});
    EXPECT_EQ(data(back), Json({{"n", 6}}));
    chat(i).broadcast_to_room("kept", {{"n", 7}});
    EXPECT_EQ(data(back), Json({{"n", 7}}));
    EXPECT_TRUE(chat(i).send_to("alice", {{"n", 8}}));
    EXPECT_EQ(data(back), Json({{"n", 8}}));
    chat(i).broadcast({{"n", 9}});
    EXPECT_EQ(data(back), Json({{"n", 9}}));
  }
  const auto metric = [&](std::size_t place, const char* name) {
    return test::metric(nodes.at(place).app.port(), name);
  };
  EXPECT_EQ(metric(1, "microframe_sessions_arrived_total"), 1);
  EXPECT_EQ(metric(1, "microframe_sessions_departed_total"), 0);
  EXPECT_EQ(metric(0, "microframe_sessions_departed_total"), 1);
}

TEST_F(Moves, TheApplicationsDataOfAConnectionDoesNotMove) {
  auto alice = nodes.client(0, "alice");
  EXPECT_EQ(alice.ask({{"count", ""}}).at("data"), Json(1));
  EXPECT_EQ(alice.ask({{"count", ""}}).at("data"), Json(2));
  alice.lose();
  eventually([&] { return chat(1).connection_count() == 0; });
  auto back = nodes.client(1, "alice", &alice);
  ASSERT_TRUE(back.resumed());
  back.set_sent(alice.sent());
  EXPECT_EQ(back.ask({{"count", ""}}).at("data"), Json(1));
}

TEST_F(Moves, WhatALogHasKeptMeanwhileFollows) {
  auto alice = nodes.client(0, "alice");
  alice.join("kept");
  alice.lose();
  eventually([&] { return chat(1).connection_count() == 0; });
  for (int n = 1; n <= 5; ++n) chat(2).broadcast_to_room("kept", {{"n", n}});
  auto back = nodes.client(1, "alice", &alice);
  ASSERT_TRUE(back.resumed());
  for (int n = 1; n <= 5; ++n) {
    const Json message = back.read();
    EXPECT_EQ(message.at("data"), Json({{"n", n}}));
    EXPECT_EQ(message.at("offset"), Json(n));
  }
}

TEST_F(Moves, AMessageIsHandledOnce) {
  auto alice = nodes.client(0, "alice");
  EXPECT_EQ(text(alice.ask({{"in", "tea"}}), "t"), "ack");
  alice.lose();
  auto back = nodes.client(1, "alice", &alice);
  ASSERT_TRUE(back.resumed());
  EXPECT_EQ(back.welcome().at("handled"), Json(1));
  auto other = nodes.client(2, "other");
  other.join("tea");
  know("tea", {"other"});
  back.send({{"t", "message"}, {"id", 1}, {"data", {{"in", "tea"}, {"n", 1}}}});
  back.send({{"t", "message"}, {"id", 2}, {"data", {{"in", "tea"}, {"n", 2}}}});
  EXPECT_EQ(data(other).at("n"), Json(2));
}

TEST_F(Moves, OthersSeeNobodyComeOrGo) {
  auto bob = nodes.client(2, "bob");
  bob.join("who");
  auto alice = nodes.client(0, "alice");
  alice.join("who");
  bob.read_until("presence");
  alice.lose();
  eventually([&] { return chat(2).device_count("alice") == 0; });
  auto back = nodes.client(1, "alice", &alice);
  ASSERT_TRUE(back.resumed());
  eventually([&] { return chat(2).device_count("alice") == 1; });
  std::this_thread::sleep_for(200ms);  // longer than a change takes to be told
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(chat(i).presence("who").size(), 2U) << i;
  chat(2).broadcast_to_room("who", {{"n", 1}});
  for (Json frame = bob.read(); text(frame, "t") != "message"; frame = bob.read())
    EXPECT_TRUE(frame.at("leaves").as_object().empty());
  back.send({{"t", "leave"}, {"id", 9}, {"room", "who"}});
  EXPECT_TRUE(bob.read_until("presence").at("leaves").as_object().contains("alice"));
  for (std::size_t i = 0; i < 3; ++i)
    eventually([&] { return chat(i).presence("who").size() == 1; });
  EXPECT_EQ(chat(2).offlines, 0);
}

TEST_F(Moves, NobodyElseTakesASession) {
  auto alice = nodes.client(0, "alice");
  alice.lose();
  eventually([&] { return chat(0).connection_count() == 0; });
  EXPECT_FALSE(nodes.client(1, "bob", &alice).resumed());
  EXPECT_FALSE(nodes.client(1, "alice", &alice, "/other").resumed());
  const std::string session = text(alice.welcome(), "session");
  test::RawClient raw(nodes.at(1).app.port());
  raw.send(test::upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                            nodes.token("alice") + ", resume." + session +
                                            ".wrong.0.1\r\n"));
  EXPECT_EQ(raw.read_status(), 101U);
  EXPECT_NE(raw.read_text().find(R"("resumed":false)"), std::string::npos);
  EXPECT_TRUE(nodes.client(1, "alice", &alice).resumed());
}

TEST_F(Moves, ASessionMovesOnAndComesBack) {
  auto client = nodes.client(0, "alice");
  client.join("tea");
  for (std::size_t place = 1; place <= 6; ++place) {
    if (place % 2 == 0) client.lose();
    auto next = nodes.client(place, "alice", &client);
    ASSERT_TRUE(next.resumed()) << place;
    chat(place + 1).broadcast_to_room("tea", {{"n", place}});
    EXPECT_EQ(data(next), Json({{"n", place}}));
    client = std::move(next);
  }
}

// Two nodes publish all the time, in rooms, to the user and to everyone: each stream is numbered.
class Publishers {
 public:
  explicit Publishers(Nodes& nodes, std::vector<std::size_t> places) {
    for (const std::size_t place : places) {
      threads_.emplace_back([this, &chat = nodes.at(place).chat, place] {
        for (int n = 1; !stops_; ++n) {
          const auto say = [&](const char* how) {
            return Json({{"stream", std::string(how) + std::to_string(place)}, {"n", n}});
          };
          chat.broadcast_to_room("tea", say("tea"));
          chat.broadcast_to_room("kept", say("kept"));
          chat.send_to("alice", say("user"));
          chat.broadcast(say("all"));
          std::this_thread::sleep_for(1ms);
        }
      });
    }
  }
  ~Publishers() { stop(); }
  void stop() {
    stops_ = true;
    for (auto& one : threads_)
      if (one.joinable()) one.join();
  }

 private:
  std::atomic<bool> stops_{false};
  std::vector<std::thread> threads_;
};

// Whether each stream goes on without a gap or a repeat.
class Streams {
 public:
  void take(const Json& told) {
    const std::string stream = text(told, "stream");
    const auto n = told.at("n").to_number<std::int64_t>();
    const auto [entry, is_first] = last_.try_emplace(stream, n);
    if (is_first) return;
    EXPECT_EQ(n, entry->second + 1) << stream;
    entry->second = n;
  }
  void take_frame(const Json& frame) {
    if (text(frame, "t") == "message") return take(frame.at("data"));
    EXPECT_NE(text(frame, "t"), "joined") << microframe::to_text(frame);
  }
  std::size_t count() const { return last_.size(); }
  bool has(const std::string& stream) const { return last_.contains(stream); }

 private:
  std::map<std::string, std::int64_t> last_;
};

TEST_F(Moves, NothingIsLostOrToldTwiceUnderLoad) {
  auto client = nodes.client(0, "alice");
  client.join("tea");
  client.join("kept");
  know("tea", {"alice"});
  know("kept", {"alice"});
  Publishers publishers(nodes, {1, 2});
  Streams streams;
  for (std::size_t move = 1; move <= 20; ++move) {
    for (int i = 0; i < 200; ++i) streams.take_frame(client.read());
    if (move % 2 == 0) client.lose();
    auto next = nodes.client(move, "alice", &client);
    ASSERT_TRUE(next.resumed()) << move;
    client = std::move(next);
  }
  publishers.stop();
  chat(0).send_to("alice", {{"stream", "end"}, {"n", 1}});
  while (!streams.has("end")) streams.take_frame(client.read());
  EXPECT_EQ(streams.count(), 9U);
}

// The C++ client behind a load balancer that sends it to another node each time.
TEST_F(Moves, TheClientNoticesNothing) {
  test::Relay balancer(nodes.at(0).app.port());
  microframe::ClientOptions options;
  options.token = [this] { return nodes.token("alice"); };
  options.backoff_first = 10ms;
  options.backoff_max = 20ms;  // away for longer, it is sent more than a session keeps
  microframe::Client client("ws://127.0.0.1:" + std::to_string(balancer.port()) + "/ws", options);
  std::mutex mutex;
  Streams streams;
  std::atomic<int> told{0}, resumed{0}, opened{0}, answered{0}, failed{0};
  client.on_message([&](const Json& message) {
    const std::lock_guard lock(mutex);
    streams.take(message);
    ++told;
  });
  client.on_state([&](const microframe::ClientStatus& status) {
    if (status.state != microframe::ClientState::open) return;
    ++opened;
    resumed += status.resumed;
  });
  client.connect();
  client.join("tea");
  client.join("kept");
  know("tea", {"alice"});
  know("kept", {"alice"});
  auto other = nodes.client(1, "other");
  other.join("said");
  know("said", {"other"});
  int sent = 0;
  {
    Publishers publishers(nodes, {1, 2});
    for (std::size_t move = 1; move <= 10; ++move) {
      const int before = told;
      for (int i = 0; i < 5; ++i) {
        client.send({{"in", "said"}, {"n", ++sent}})
            .then([&](const Json&) { ++answered; },
                  [&](const microframe::ClientError& error) {
                    ++failed;
                    ADD_FAILURE() << error.code();
                  });
      }
      eventually([&] { return told > before + 100; });
      balancer.lead_to(nodes.at(move).app.port());
      balancer.cut();
      eventually([&] { return opened == static_cast<int>(move) + 1; });
    }
  }
  eventually([&] { return answered + failed == sent; });
  EXPECT_EQ(resumed, 10);
  for (int n = 1; n <= sent;) {
    const Json said = data(other);
    if (!said.as_object().contains("in")) continue;
    EXPECT_EQ(said.at("n"), Json(n++));
  }
  client.close();
}

// The earlier one may have been first. It is then evicted.
TEST_F(Moves, OfTwoAttemptsAtOnceTheLaterGoesOn) {
  for (int round = 0; round < 10; ++round) {
    auto alice = nodes.client(0, "alice");
    alice.join("tea");
    alice.lose();
    std::vector<std::unique_ptr<test::RawClient>> both;
    for (const int attempt : {1, 2}) {
      both.push_back(std::make_unique<test::RawClient>(
          nodes.at(static_cast<std::size_t>(attempt)).app.port()));
      both.back()->send(test::upgrade_request(
          "/ws", "Sec-WebSocket-Protocol: microframe.v1, token." + nodes.token("alice") +
                     alice.offer() + "." + std::to_string(attempt) + "\r\n"));
    }
    ASSERT_EQ(both[1]->read_status(), 101U);
    EXPECT_NE(both[1]->read_text().find(R"("resumed":true)"), std::string::npos);
    std::size_t count = 0;
    eventually([&] {
      count = 0;
      for (std::size_t i = 0; i < 3; ++i) count = std::max(count, chat(i).connection_count());
      return count == 1;
    });
    know("tea", {"alice"});
    chat(0).broadcast_to_room("tea", {{"n", round}});
    EXPECT_NE(both[1]->read_text().find(R"("n":)" + std::to_string(round)), std::string::npos);
    both[1]->send_close(1000);
    know("tea", {});
  }
}

// --- a home that is killed

// What a ChildServer runs: one more node.
TEST(Home, DISABLED_Serve) {
  test::Node node(Nodes().auth);
  node.app.threads(2);
  node.app.cluster(microframe::RedisBroker(std::getenv("MICROFRAME_TEST_BROKER")),
                   microframe::ClusterOptions().node(std::getenv("MICROFRAME_TEST_NODE")));
  node.app.start("127.0.0.1:0");
  const std::string line = std::to_string(node.app.port()) + "\n";
  ASSERT_EQ(::write(3, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  char end;
  EXPECT_EQ(::read(4, &end, 1), 0);
}

TEST_F(Moves, AHomeThatIsKilledMeanwhileIsInherited) {
  int inherited = 0;
  for (const auto delay : {0us, 300us, 1000us, 2000us, 4000us}) {
    const std::string name = "home" + std::to_string(delay.count());
    test::ChildServer home("Home.DISABLED_Serve", {"MICROFRAME_TEST_BROKER=" + nodes.url(),
                                                   "MICROFRAME_TEST_NODE=" + name});
    eventually([&] {
      const auto known = nodes.at(1).app.nodes();
      return std::any_of(known.begin(), known.end(),
                         [&](const auto& one) { return one.name == name && one.is_heard; });
    });
    V1Client alice(std::make_unique<test::RawClient>(home.port()), nodes.token("alice"));
    alice.join("tea");
    alice.lose();
    std::thread kills([&] {
      std::this_thread::sleep_for(delay);
      home.kill();
    });
    auto back = nodes.client(1, "alice", &alice);
    kills.join();
    if (!back.resumed()) {
      ++inherited;
      EXPECT_EQ(back.welcome().at("inherits"), Json(true));
      back.join("tea");
    }
    // The others still take who was inherited for one of the killed home's.
    chat(back.resumed() ? 2 : 1).send_to("alice", {{"n", 1}});
    EXPECT_EQ(data(back), Json({{"n", 1}}));
    eventually([&] { return chat(1).get_room_members("tea") == Names{"alice"}; });
    back.stream().send_close(1000);
    eventually([&] { return chat(1).device_count("alice") == 0; });
  }
  EXPECT_GT(inherited, 0) << "no home was killed in time";
}

// --- servers that stop

class Restarts : public Moves {
 protected:
  void SetUp() override {
    nodes.limits.drain_time = 3s;
    nodes.start(3);
  }
};

TEST_F(Restarts, ARollingRestartLosesNoSession) {
  Streams streams;
  auto client = nodes.client(0, "alice");
  client.join("tea");
  client.join("kept");
  know("tea", {"alice"});
  know("kept", {"alice"});
  nodes.start(1);
  Publishers publishers(nodes, {3});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) streams.take_frame(client.read());
    const auto begun = std::chrono::steady_clock::now();
    std::thread stops([&] { nodes.at(0).app.stop(); });
    for (Json frame = client.read(); text(frame, "t") != "bye"; frame = client.read())
      streams.take_frame(frame);
    client.stream().send_close(1012);
    // Who publishes is the last of the four at first, and no place for a client.
    auto next = nodes.client(round < 2 ? 1 : 2, "alice", &client);
    ASSERT_TRUE(next.resumed()) << round;
    client = std::move(next);
    stops.join();
    nodes.stop(0);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 2500ms) << "nothing is left to wait for";
    nodes.add();
  }
  publishers.stop();
}

TEST_F(Restarts, WhoComesAfterTheServerHasStoppedIsToldWhatIsMissing) {
  nodes.limits.drain_time = 500ms;
  Nodes& all = nodes;
  all.start(1);
  auto alice = all.client(3, "alice");
  alice.join("tea");
  alice.join("kept");
  alice.ask("hello");
  alice.lose();
  all.stop(3);
  chat(0).broadcast_to_room("kept", {{"n", 1}});
  EXPECT_FALSE(all.client(1, "bob", &alice).resumed());
  auto back = all.client(1, "alice", &alice);
  ASSERT_TRUE(back.resumed());
  EXPECT_EQ(back.welcome().at("handled"), Json(3));
  Json kept, tea;
  while (kept.is_null() || tea.is_null()) {
    const Json frame = back.read();
    if (text(frame, "t") == "joined" && text(frame, "room") == "tea") tea = frame;
    if (text(frame, "t") == "message" && frame.as_object().contains("room")) kept = frame;
  }
  EXPECT_EQ(tea.at("recovered"), Json(false));
  EXPECT_EQ(kept.at("data"), Json({{"n", 1}}));
  chat(0).broadcast_to_room("tea", {{"n", 2}});
  EXPECT_EQ(data(back), Json({{"n", 2}}));
  back.stream().send_close(1000);
  eventually([&] { return chat(1).connection_count() == 0; });
  EXPECT_FALSE(all.client(2, "alice", &alice).resumed()) << "it is there once";
}

}  // namespace
