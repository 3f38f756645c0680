// Plays the client's part of tests/vectors/*.json against the reference endpoint
// (tests/vectors/README.md).

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <list>
#include <map>
#include <string>

#include "support/app_fixture.hpp"
#include "support/bytes.hpp"
#include "support/redis_server.hpp"
#include "support/vectors.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::frame;
using test::from_hex;
using test::RawClient;
using test::Received;
using test::upgrade_request;

// The endpoint that the vectors are about.
class Reference : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const std::string op = text(message, "op");
    if (op == "fail") throw BadMessage("as asked");
    if (op == "reply") socket.reply(message.at("value"));
    if (op == "send") socket.send(message.at("value"));
    if (op == "room") broadcast_to_room(text(message, "room"), message.at("value"));
    if (op == "others") broadcast_to_room(text(message, "room"), message.at("value"), socket);
    if (op == "join") join_room(socket, text(message, "room"));
    if (op == "close") socket.close(static_cast<std::uint16_t>(message.at("code").as_int64()));
    if (op == "ask") {
      asks_.push_back(send_acked(socket, message.at("value"), 10s));
      asks_.back().start([](void*) {}, nullptr);
    }
  }
  void on_binary(ws::WebSocket& socket, const ws::UserId&, std::span<const std::byte> bytes) {
    socket.send_binary(bytes);
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    return room.starts_with("open");
  }

 private:
  std::list<Task<ws::Ack>> asks_;  // one loop
};

class Vectors : public test::AppTest, public testing::WithParamInterface<std::string> {
 protected:
  struct Peer {
    std::optional<RawClient> client;
    std::string session;
    std::string secret;
    std::optional<Received> early;  // what came before its turn
  };
  // A server on one loop. broker: of the cluster whose node it is; "": it is alone, and what a room
  // keeps comes before the acknowledgement of who sent it.
  class Server {
   public:
    Server(const authx::AuthConfig& auth, const std::string& broker)
        : reference_(app_.route<Reference>("/ws", auth)) {
      Limits limits;
      limits.closing_time = 200ms;
      app_.rooms("open:kept*", RoomOptions().history(10, std::chrono::minutes(5)));
      app_.rooms("open:who*", RoomOptions().presence());
      app_.limits(limits).threads(1);
      if (!broker.empty()) app_.cluster(RedisBroker(broker));
      app_.start("127.0.0.1:0");
    }
    ~Server() {
      app_.stop();
      app_.wait();
    }
    Reference& reference() { return reference_; }
    std::uint16_t port() const { return app_.port(); }

   private:
    Application app_;
    Reference& reference_;
  };

  std::string broker() {
    if (!GetParam().starts_with("inherit")) return {};
    redis.emplace();  // which has lost what it kept
    return redis->url();
  }

  std::optional<test::RedisProcess> redis;
  std::optional<Server> server;
  test::Names names;
  std::map<std::string, Peer> peers;

  void open(const std::string& user, const Json& how) {
    Peer& peer = peers[user];
    std::string offered = "microframe.v1, token." + token(user);
    if (const Json* received = how.as_object().if_contains("resume")) {
      offered += ", resume." + peer.session + "." + peer.secret + "." +
                 std::to_string(received->as_int64());
    }
    peer.client.emplace(RawClient(server->port()));
    peer.client->send(upgrade_request("/ws", "Sec-WebSocket-Protocol: " + offered + "\r\n"));
    const std::string head = peer.client->read_head();
    ASSERT_NE(head.find("101 "), std::string::npos) << head;
    ASSERT_NE(head.find("Sec-WebSocket-Protocol: microframe.v1\r\n"), std::string::npos) << head;
  }
  static Received next_frame(Peer& peer) {
    if (auto early = std::exchange(peer.early, {})) return *early;
    return peer.client->read_frame();
  }
  void expect_text(Peer& peer, const Json& expected) {
    Received received = next_frame(peer);
    // In a cluster a message may be acknowledged before its sender is sent it.
    const bool is_early = GetParam().starts_with("inherit") && text(expected, "t") == "message" &&
                          received.payload.starts_with(R"({"t":"ack")");
    if (is_early) {
      peer.early = received;
      received = peer.client->read_frame();
    }
    ASSERT_EQ(received.first, 0x81U)
        << to_text(expected) << " was to come, not " << received.payload;
    const Json actual = boost::json::parse(received.payload);
    ASSERT_TRUE(names.match(expected, actual))
        << to_text(expected) << " was to come, not " << received.payload;
    if (actual.at("t") != "welcome") return;
    peer.session = text(actual, "session");
    peer.secret = text(actual, "secret");
  }
  void expire(const std::string& user) {
    Reference& reference = server->reference();
    eventually([&] { return !reference.is_connected(user); });
    reference.disconnect(user);
    eventually([&] { return reference.get_user_rooms(user).empty(); });
  }
  // What another server knows of its sessions is nothing.
  void kill() {
    peers.at("alice").client.reset();
    server.reset();
    server.emplace(auth, broker());
  }
  void play(const Json& step) {
    const auto& members = step.as_object();
    const Json* named = members.if_contains("peer");
    const std::string user = named ? std::string(named->as_string()) : "alice";
    Peer& peer = peers[user];
    for (const auto& [key, value] : members) {
      if (key == "open") open(user, value);
      if (key == "server" || key == "server_lost") expect_text(peer, value);
      if (key == "client") peer.client->send_text(to_text(names.filled(value)));
      if (key == "client_text") peer.client->send_text(std::string(value.as_string()));
      if (key == "client_binary")
        peer.client->send(
            frame(0x82, test::client_binary(value.is_string() ? value : names.filled(value))));
      if (key == "server_binary") {
        const Received received = peer.client->read_frame();
        ASSERT_EQ(received.first, 0x82U);
        ASSERT_EQ(received.payload, from_hex(std::string(value.as_string())));
      }
      if (key == "server_close") {
        const Received received = peer.client->read_frame();
        ASSERT_TRUE(received.is_close());
        ASSERT_EQ(received.close_code(), static_cast<unsigned>(value.as_int64()));
        peer.client->send_close(received.close_code());
      }
      if (key == "client_close") {
        peer.client->send_close(static_cast<unsigned>(value.as_int64()));
        peer.client->read_close();
      }
      if (key == "lose") peer.client.reset();
      if (key == "kill") kill();
      if (key == "expire") expire(user);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(All, Vectors, testing::ValuesIn(test::vector_names()),
                         [](const auto& vector) { return vector.param; });

TEST_P(Vectors, TheServerPlaysItsPart) {
  const Json vector = test::read_vector(GetParam());
  server.emplace(auth, broker());
  names.set("$fresh_token", Json(token("alice")));
  for (const Json& step : vector.at("steps").as_array()) {
    SCOPED_TRACE(to_text(step));
    play(step);
    if (HasFatalFailure()) return;
  }
  auto& alice = peers["alice"].client;
  const auto& last = vector.at("steps").as_array().back().as_object();
  const bool closed = last.contains("server_close") || last.contains("client_close");
  EXPECT_TRUE(!alice || closed || alice->silent()) << "more came than the vector says";
}

}  // namespace
}  // namespace microframe
