// One program on one node and on three over a real Redis: the same calls, the same answers.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "support/nodes.hpp"

namespace {

using namespace std::chrono_literals;
using microframe::Json;
using microframe::text;
using Names = std::vector<std::string>;
using test::eventually;
using test::Nodes;
using test::RawClient;
using test::V1Client;

class SameProgram : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    nodes.limits.devices_per_user_max = 2;
    nodes.start(GetParam(), GetParam() == 1);
  }
  test::NodeChat& chat(std::size_t place) { return nodes.at(place).chat; }
  // Every node knows that these are connected.
  void know(const Names& users) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      eventually([&] { return chat(i).get_connected_users() == users; });
  }
  // Every node knows that these are in the room.
  void know_in(const std::string& room, const Names& users) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      eventually([&] { return chat(i).get_room_members(room) == users; });
  }

  Nodes nodes;
};

INSTANTIATE_TEST_SUITE_P(, SameProgram, testing::Values(1, 3),
                         [](const auto& one) { return std::to_string(one.param) + "Nodes"; });

TEST_P(SameProgram, BroadcastsReachEveryone) {
  auto alice = nodes.plain(0, "alice");
  auto bob = nodes.plain(1, "bob");
  auto carol = nodes.client(2, "carol");
  know({"alice", "bob", "carol"});
  chat(1).broadcast({{"n", 1}});
  EXPECT_EQ(alice.read_text(), R"({"n":1})");
  EXPECT_EQ(bob.read_text(), R"({"n":1})");
  EXPECT_EQ(carol.read_until("message").at("data"), Json({{"n", 1}}));
  chat(0).broadcast({{"n", 2}}, {"bob", "carol"});
  chat(2).broadcast({{"n", 3}});
  EXPECT_EQ(alice.read_text(), R"({"n":2})");
  EXPECT_EQ(alice.read_text(), R"({"n":3})");
  EXPECT_EQ(bob.read_text(), R"({"n":3})");
  EXPECT_EQ(carol.read_until("message").at("data"), Json({{"n", 3}}));
}

TEST_P(SameProgram, RoomsAreCountedAndNamedAlike) {
  auto alice = nodes.client(0, "alice");
  auto second = nodes.client(1, "alice");
  auto bob = nodes.client(2, "bob");
  know({"alice", "bob"});
  alice.join("tea");
  second.join("tea");
  bob.join("tea");
  bob.join("kept");
  know_in("tea", {"alice", "bob"});
  know_in("kept", {"bob"});
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(chat(i).room_size("tea"), 2U) << "users, each once";
    EXPECT_EQ(chat(i).room_size("kept"), 1U);
    EXPECT_EQ(chat(i).room_size("none"), 0U);
    EXPECT_EQ(chat(i).rooms(), (Names{"kept", "tea"}));
    EXPECT_TRUE(chat(i).is_in_room("bob", "kept"));
    EXPECT_FALSE(chat(i).is_in_room("alice", "kept"));
    EXPECT_FALSE(chat(i).is_in_room("nobody", "tea"));
  }
  chat(0).leave_room("bob", "kept");
  know_in("kept", {});
  for (std::size_t i = 0; i < nodes.size(); ++i) EXPECT_EQ(chat(i).rooms(), Names{"tea"});
}

TEST_P(SameProgram, ANumberAndATextOfItAreTwoThings) {
  auto alice = nodes.client(2, "alice");
  alice.join("tea");
  alice.join("long tea");
  know_in("long tea", {"alice"});
  for (const char* room : {"tea", "long tea"}) {
    chat(0).broadcast_to_room(room, Json(5));
    chat(0).broadcast_to_room(room, microframe::ws::Message::text("5"));
    chat(0).broadcast_to_room(room, Json("5"));
    EXPECT_EQ(alice.read_until("message").at("data"), Json(5));
    EXPECT_EQ(alice.read_until("message").at("data"), Json("5"));
    EXPECT_EQ(alice.read_until("message").at("data"), Json("5"));
  }
}

TEST_P(SameProgram, UsersAreFoundWhereverTheyAre) {
  auto first = nodes.plain(0, "alice");
  auto second = nodes.plain(1, "alice");
  auto bob = nodes.plain(2, "bob");
  know({"alice", "bob"});
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    eventually([&] { return chat(i).device_count("alice") == 2; });
    EXPECT_EQ(chat(i).connection_count(), 3U);
    EXPECT_TRUE(chat(i).is_connected("bob"));
    EXPECT_FALSE(chat(i).is_connected("nobody"));
  }
  EXPECT_TRUE(chat(2).send_to("alice", {{"n", 1}}));
  EXPECT_EQ(first.read_text(), R"({"n":1})");
  EXPECT_EQ(second.read_text(), R"({"n":1})");
  EXPECT_FALSE(chat(2).send_to("nobody", {{"n", 1}}));
  EXPECT_EQ(chat(0).send_to_many({"alice", "bob", "bob", "nobody"}, {{"n", 2}}), 2U);
  EXPECT_EQ(second.read_text(), R"({"n":2})");
  EXPECT_EQ(bob.read_text(), R"({"n":2})");
  chat(1).send_to("bob", microframe::ws::Message::binary(std::as_bytes(std::span("xyz", 3))));
  EXPECT_EQ(bob.read_frame().payload, "xyz");
  bob.send_close();
  know({"alice"});
}

TEST_P(SameProgram, RoomsSpanTheNodes) {
  auto alice = nodes.client(0, "alice");
  auto bob = nodes.client(1, "bob");
  EXPECT_EQ(text(alice.join("tea"), "t"), "joined");
  EXPECT_EQ(text(bob.join("tea"), "t"), "joined");
  // Whoever has been told that it has joined hears all that is sent from then on, anywhere.
  chat(2).broadcast_to_room("tea", {{"n", 1}});
  EXPECT_EQ(alice.read_until("message").at("data"), Json({{"n", 1}}));
  EXPECT_EQ(bob.read_until("message").at("data"), Json({{"n", 1}}));
  know_in("tea", {"alice", "bob"});
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(chat(i).get_user_rooms("bob"), Names{"tea"});
    EXPECT_TRUE(chat(i).broadcast_to_room("tea", {{"n", 2}}, {"alice"}));
    EXPECT_EQ(bob.read_until("message").at("data"), Json({{"n", 2}}));
    EXPECT_FALSE(chat(i).broadcast_to_room("nobody is here", {{"n", 3}}));
  }
  EXPECT_TRUE(chat(2).leave_room("bob", "tea"));
  bob.read_until("left");
  know_in("tea", {"alice"});
  EXPECT_EQ(chat(1).join_room("alice", "coffee"), microframe::ws::JoinResult::joined);
  EXPECT_EQ(text(alice.read_until("joined"), "room"), "coffee");
  EXPECT_EQ(chat(1).join_room("nobody", "coffee"), microframe::ws::JoinResult::not_connected);
}

TEST_P(SameProgram, RoomsWithHistoryAreOneLog) {
  auto alice = nodes.client(0, "alice");
  const Json joined = alice.join("kept");
  for (int n = 1; n <= 6; ++n)
    chat(static_cast<std::size_t>(n)).broadcast_to_room("kept", {{"n", n}});
  std::set<std::int64_t> numbers;
  for (std::int64_t offset = 1; offset <= 6; ++offset) {
    const Json message = alice.read_until("message");
    EXPECT_EQ(message.at("offset").to_number<std::int64_t>(), offset);
    numbers.insert(message.at("data").at("n").to_number<std::int64_t>());
  }
  EXPECT_EQ(numbers.size(), 6U);
  auto bob = nodes.client(1, "bob");
  bob.send({{"t", "join"},
            {"id", 1},
            {"room", "kept"},
            {"since", {{"epoch", joined.at("epoch")}, {"offset", 3}}}});
  const Json answer = bob.read_until("joined");
  EXPECT_EQ(answer.at("recovered"), Json(true));
  EXPECT_EQ(answer.at("offset").to_number<int>(), 6);
  for (std::int64_t offset = 4; offset <= 6; ++offset)
    EXPECT_EQ(bob.read_until("message").at("offset").to_number<std::int64_t>(), offset);
}

TEST_P(SameProgram, HistoryIsReadWhoeverIsInTheRoom) {
  const auto read = [&](std::size_t place) {
    const auto messages = microframe::sync_wait(chat(place).read_history("kept tea", 1, 10));
    Names contents;
    for (const auto& message : messages.value())
      contents.push_back(std::to_string(message.offset) + message.content);
    return contents;
  };
  EXPECT_EQ(read(0), Names{});
  for (int n = 1; n <= 3; ++n) chat(1).broadcast_to_room("kept tea", {{"n", n}});
  const Names kept{R"(2{"n":2})", R"(3{"n":3})"};
  for (std::size_t i = 0; i < nodes.size(); ++i) eventually([&] { return read(i) == kept; });
  EXPECT_EQ(microframe::sync_wait(chat(0).read_history("tea")).value().size(), 0U);
}

TEST_P(SameProgram, EveryDeviceAcknowledges) {
  auto first = nodes.client(0, "alice");
  auto second = nodes.client(1, "alice");
  know({"alice"});
  for (std::size_t i = 0; i < nodes.size(); ++i)
    eventually([&] { return chat(i).device_count("alice") == 2; });
  const auto answer = [](V1Client& client, const char* data) {
    const Json asked = client.read_until("message");
    client.send({{"t", "ack"}, {"id", asked.at("id")}, {"data", data}});
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::jthread device([&] { answer(first, "yes"); });
    const std::jthread other([&] { answer(second, "no"); });
    const auto acks = microframe::sync_wait(chat(i).send_acked("alice", {{"well", "?"}}, 10s));
    ASSERT_EQ(acks.size(), 2U);
    std::set<std::string> said;
    std::set<std::string> devices;
    for (const auto& ack : acks) {
      EXPECT_EQ(ack.status, microframe::ws::AckStatus::acknowledged);
      said.insert(std::string(ack.data.as_string()));
      devices.insert(ack.device);
    }
    EXPECT_EQ(said, (std::set<std::string>{"no", "yes"}));
    EXPECT_EQ(devices.size(), 2U);
  }
  const auto late = microframe::sync_wait(chat(2).send_acked("alice", "and now?", 50ms));
  ASSERT_EQ(late.size(), 2U);
  for (const auto& ack : late) EXPECT_EQ(ack.status, microframe::ws::AckStatus::timed_out);
  EXPECT_TRUE(microframe::sync_wait(chat(2).send_acked("nobody", "you?", 50ms)).empty());
}

TEST_P(SameProgram, PresenceIsTheSameEverywhere) {
  auto alice = nodes.client(0, "alice");
  alice.join("who");
  auto bob = nodes.client(1, "bob");
  bob.join("who");
  const auto sees = [&](std::size_t place, std::size_t count) {
    return chat(place).presence("who").size() == count;
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) eventually([&] { return sees(i, 2); });
  const Json came = alice.read_until("presence");
  EXPECT_TRUE(came.at("joins").as_object().contains("bob"));
  bob.stream().send_close();
  const Json went = alice.read_until("presence");
  EXPECT_TRUE(went.at("leaves").as_object().contains("bob"));
  for (std::size_t i = 0; i < nodes.size(); ++i) eventually([&] { return sees(i, 1); });
}

TEST_P(SameProgram, DisconnectAndRevokeMeanEveryDevice) {
  auto first = nodes.plain(0, "alice");
  auto second = nodes.plain(1, "alice");
  know({"alice"});
  for (std::size_t i = 0; i < nodes.size(); ++i)
    eventually([&] { return chat(i).device_count("alice") == 2; });
  EXPECT_EQ(chat(2).disconnect("alice"), 2U);
  EXPECT_EQ(first.read_close(), 4409U);
  EXPECT_EQ(second.read_close(), 4409U);
  know({});
  auto bob = nodes.plain(1, "bob");
  know({"bob"});
  nodes.at(0).app.revoke("bob");
  EXPECT_EQ(bob.read_close(), 4409U);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    eventually([&] {
      RawClient again(nodes.at(i).app.port());
      again.send(test::upgrade_request("/ws?token=" + nodes.token("bob")));
      return again.read_status() == 101 && again.read_close() == 4401;
    });
  }
}

TEST_P(SameProgram, ADeviceTooManyEndsTheOldest) {
  const auto has = [&](std::size_t place, std::size_t count) {
    eventually([&] { return chat(place).device_count("alice") == count; });
  };
  auto first = nodes.plain(0, "alice");
  has(1, 1);
  auto second = nodes.plain(1, "alice");
  has(2, 2);
  auto third = nodes.plain(2, "alice");
  EXPECT_EQ(first.read_close(), 4409U);
  has(0, 2);
}

TEST_P(SameProgram, AUserComesAndGoesOnce) {
  const auto onlines = [&] {
    int all = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) all += chat(i).onlines;
    return all;
  };
  const auto offlines = [&] {
    int all = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) all += chat(i).offlines;
    return all;
  };
  auto first = nodes.plain(0, "alice");
  eventually([&] { return onlines() == 1; });
  {
    auto second = nodes.plain(1, "alice");
    know({"alice"});
    first.send_close();
    first.read_close();
    eventually([&] { return chat(0).device_count("alice") == 1; });
    EXPECT_EQ(offlines(), 0);
  }
  eventually([&] { return offlines() == 1; });
  know({});
  EXPECT_EQ(onlines(), 1);
  EXPECT_EQ(offlines(), 1);
}

}  // namespace
