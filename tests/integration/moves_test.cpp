// Sessions that move: a client of microframe.v1 that comes back to another node goes on there, and has
// missed nothing.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "support/nodes.hpp"

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

// Two publish all the time, in rooms and to the user, while a client moves from node to node.
TEST_F(Moves, NothingIsLostOrToldTwiceUnderLoad) {
  auto client = nodes.client(0, "alice");
  client.join("tea");
  client.join("kept");
  know("tea", {"alice"});
  know("kept", {"alice"});
  std::atomic<bool> stops{false};
  std::atomic<int> published{0};
  std::vector<std::thread> publishers;
  for (std::size_t from : {1U, 2U}) {
    publishers.emplace_back([&, from] {
      for (int n = 1; !stops; ++n) {
        const auto say = [&](const char* how) {
          return Json({{"stream", std::string(how) + std::to_string(from)}, {"n", n}});
        };
        chat(from).broadcast_to_room("tea", say("tea"));
        chat(from).broadcast_to_room("kept", say("kept"));
        chat(from).send_to("alice", say("user"));
        chat(from).broadcast(say("all"));
        published = n;
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  std::map<std::string, std::int64_t> last;
  const auto take = [&](const Json& frame) {
    if (text(frame, "t") != "message") {
      EXPECT_NE(text(frame, "t"), "joined") << microframe::to_text(frame);
      return;
    }
    const Json& told = frame.at("data");
    const std::string stream = text(told, "stream");
    const auto n = told.at("n").to_number<std::int64_t>();
    const auto [entry, is_first] = last.try_emplace(stream, n);
    if (is_first) return;
    EXPECT_EQ(n, entry->second + 1) << stream;
    entry->second = n;
  };
  for (std::size_t move = 1; move <= 20; ++move) {
    for (int i = 0; i < 200; ++i) take(client.read());
    if (move % 2 == 0) client.lose();
    auto next = nodes.client(move, "alice", &client);
    ASSERT_TRUE(next.resumed()) << move;
    client = std::move(next);
  }
  stops = true;
  for (auto& one : publishers) one.join();
  chat(0).send_to("alice", {{"stream", "end"}, {"n", 1}});
  while (!last.contains("end")) take(client.read());
  EXPECT_EQ(last.size(), 9U);
}

}  // namespace
