// TestEndpoint and TestClient: hooks without sockets, threads and tokens.
#include "microframe/testing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "microframe/ws.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;

class Tea : public ws::ChatBase {
 public:
  explicit Tea(std::vector<std::string>& log) : log_(log) {}

  void on_connect(ws::WebSocket& socket, const ws::UserId& user) {
    log_.push_back("connect " + user);
    if (socket.claims().as_object().contains("room"))
      join_room(socket, text(socket.claims(), "room"));
  }
  Task<> on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    const std::string type = text(message, "type");
    if (type == "say") broadcast({{"from", user}, {"text", text(message, "text")}}, {user});
    if (type == "join") join_room(socket, text(message, "room"));
    if (type == "room") broadcast_to_room(text(message, "room"), {{"from", user}});
    if (type == "echo") socket.send(message);
    if (type == "count") socket.send({{"count", ++socket.data<int>()}});
    if (type == "close") socket.close(4000, "enough");
    if (type == "throw") throw std::runtime_error("broken cup");
    if (type == "brew") {
      auto brewing = sleep_for(3min);
      co_await brewing;
      socket.send({{"tea", "ready"}});
    }
    if (type == "work") {
      auto working = offload([] { return 42; });
      const int result = co_await working;
      socket.send({{"result", result}});
    }
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId& user, const ws::DisconnectReason& reason) {
    log_.push_back("disconnect " + user + " " + std::string(to_string(reason.cause)));
  }
  bool can_join(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
    return room != "kitchen" || user == "cook";
  }
  void on_join(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
    log_.push_back("join " + user + " " + room);
  }
  void on_leave(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
    log_.push_back("leave " + user + " " + room);
  }
  void on_user_online(const ws::UserId& user) { log_.push_back("online " + user); }
  void on_user_offline(const ws::UserId& user) { log_.push_back("offline " + user); }

 private:
  std::vector<std::string>& log_;
};

class TestEndpointTest : public testing::Test {
 protected:
  using Lines = std::vector<std::string>;
  Lines taken() { return std::exchange(log, {}); }

  Lines log;
  TestEndpoint<Tea> tea{log};
};

TEST_F(TestEndpointTest, HooksRunAtOnceAndMessagesComeToTheirClients) {
  TestClient alice = tea.connect("alice");
  TestClient bob = tea.connect("bob");
  EXPECT_EQ(taken(), (Lines{"connect alice", "online alice", "connect bob", "online bob"}));
  alice.send({{"type", "say"}, {"text", "hello"}});
  EXPECT_EQ(bob.take(), Json({{"from", "alice"}, {"text", "hello"}}));
  EXPECT_TRUE(alice.take_all().empty());
  EXPECT_THROW(bob.take(), std::out_of_range);
}

TEST_F(TestEndpointTest, WhatTheTestItselfCallsComesToo) {
  TestClient alice = tea.connect("alice");
  EXPECT_EQ(tea->get_connected_users(), Lines{"alice"});
  tea->broadcast({{"news", 1}});
  EXPECT_EQ(alice.take(), Json({{"news", 1}}));
  EXPECT_EQ(tea->disconnect("alice"), 1U);
  EXPECT_FALSE(alice.is_open());
  EXPECT_EQ(alice.closed()->code, 4409);
}

TEST_F(TestEndpointTest, RoomsHaveTheirMembersAndTheirHooks) {
  TestClient alice = tea.connect("alice", {{"room", "green"}});
  TestClient cook = tea.connect("cook");
  EXPECT_EQ(alice.rooms(), Lines{"green"});
  EXPECT_TRUE(cook.join("kitchen"));
  EXPECT_FALSE(alice.join("kitchen"));
  cook.send({{"type", "join"}, {"room", "green"}});
  EXPECT_EQ(cook.rooms(), (Lines{"green", "kitchen"}));
  cook.send({{"type", "room"}, {"room", "green"}});
  EXPECT_EQ(alice.take(), Json({{"from", "cook"}}));
  taken();
  cook.close();
  EXPECT_EQ(taken(), (Lines{"disconnect cook peer_closed", "leave cook kitchen", "leave cook green",
                            "offline cook"}));
  EXPECT_EQ(tea->get_room_members("green"), Lines{"alice"});
}

TEST_F(TestEndpointTest, TheClockStandsStillUntilItIsAdvanced) {
  TestClient alice = tea.connect("alice");
  alice.send({{"type", "brew"}});
  alice.send({{"type", "echo"}});
  tea.advance(2min);
  EXPECT_TRUE(alice.take_all().empty()) << "the hook of the first message still waits";
  tea.advance(1min);
  EXPECT_EQ(alice.take(), Json({{"tea", "ready"}}));
  EXPECT_EQ(alice.take(), Json({{"type", "echo"}}));
  alice.send({{"type", "work"}});
  EXPECT_EQ(alice.take(), Json({{"result", 42}}));
}

TEST_F(TestEndpointTest, AConnectionHasItsOwnData) {
  TestClient alice = tea.connect("alice");
  TestClient bob = tea.connect("bob");
  alice.send({{"type", "count"}});
  alice.send({{"type", "count"}});
  bob.send({{"type", "count"}});
  EXPECT_EQ(alice.take(), Json({{"count", 1}}));
  EXPECT_EQ(alice.take(), Json({{"count", 2}}));
  EXPECT_EQ(bob.take(), Json({{"count", 1}}));
}

TEST_F(TestEndpointTest, RoomsGatherMessagesUntilTheirWindowHasPassed) {
  tea.rooms("green", RoomOptions().coalesce(20ms));
  TestClient alice = tea.connect("alice", {{"room", "green"}});
  alice.send({{"type", "room"}, {"room", "green"}});
  alice.send({{"type", "room"}, {"room", "green"}});
  tea.advance(20ms);
  EXPECT_EQ(alice.take_all().size(), 2U);
}

TEST_F(TestEndpointTest, AMessageThatIsWrongIsAnsweredAndOneThatBreaksTheHookCloses) {
  TestClient alice = tea.connect("alice");
  alice.send({{"typ", "say"}});
  EXPECT_EQ(alice.take().at("error"), "bad_message");
  alice.send_text("no JSON");
  EXPECT_EQ(alice.take().at("error"), "invalid_json");
  alice.send_binary("\x01");
  EXPECT_EQ(alice.take().at("error"), "binary_not_supported");
  EXPECT_TRUE(alice.is_open());
  alice.send({{"type", "throw"}});
  EXPECT_EQ(alice.closed()->code, 1011);
  EXPECT_EQ(tea.hook_failure(), "on_message: broken cup");
}

TEST_F(TestEndpointTest, BothSidesMayEndAConnection) {
  TestClient alice = tea.connect("alice");
  TestClient bob = tea.connect("bob");
  taken();
  alice.send({{"type", "close"}});
  EXPECT_EQ(alice.closed()->code, 4000);
  EXPECT_EQ(alice.closed()->reason, "enough");
  bob.lose();
  EXPECT_EQ(bob.closed()->code, 1006);
  EXPECT_EQ(taken(), (Lines{"disconnect alice server_closed", "offline alice",
                            "disconnect bob connection_lost", "offline bob"}));
  bob.send({{"type", "echo"}});
  EXPECT_TRUE(bob.take_all().empty());
  EXPECT_EQ(tea->connection_count(), 0U);
}

TEST_F(TestEndpointTest, WhatStillWaitsInTheEndIsGivenUp) {
  TestClient alice = tea.connect("alice");
  alice.send({{"type", "brew"}});
}

}  // namespace
}  // namespace microframe
