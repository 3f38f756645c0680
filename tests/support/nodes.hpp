// Nodes: several applications in one process that are one cluster over a redis-server of the test,
// with the same routes and rooms; or one application that is alone.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/microframe.hpp"
#include "support/eventually.hpp"
#include "support/raw_client.hpp"
#include "support/redis_server.hpp"
#include "support/v1_client.hpp"

namespace test {

// {"say": text, "in": room} is sent to the room, {"say": text} to everyone; {"join": room} joins;
// {"count": ""} is answered with how many of these have come on the connection.
class NodeChat : public microframe::ws::ChatBase {
 public:
  using WebSocket = microframe::ws::WebSocket;
  using UserId = microframe::ws::UserId;

  struct Counted {
    int times = 0;
  };

  std::atomic<int> onlines{0};
  std::atomic<int> offlines{0};
  bool can_join(WebSocket&, const UserId&, const std::string& room) {
    return !room.starts_with("closed");
  }
  void on_message(WebSocket& socket, const UserId&, const microframe::Json& message) {
    const auto& fields = message.as_object();
    if (fields.contains("join")) {
      join_room(socket, microframe::text(message, "join"));
    } else if (fields.contains("count")) {
      socket.reply(microframe::Json(++socket.data<Counted>().times));
    } else if (fields.contains("in")) {
      broadcast_to_room(microframe::text(message, "in"), message);
    } else {
      broadcast(message);
    }
  }
  void on_user_online(const UserId&) { ++onlines; }
  void on_user_offline(const UserId&) { ++offlines; }
};

struct Node {
  explicit Node(const microframe::authx::AuthConfig& auth)
      : chat(app.route<NodeChat>("/ws", auth)) {
    app.admin("public");
    app.rooms("kept*", microframe::RoomOptions().history(100, std::chrono::minutes(5)));
    app.rooms("long*",
              microframe::RoomOptions().history(20'000, std::chrono::minutes(5), 32 << 20));
    app.rooms("who*", microframe::RoomOptions().presence());
    app.route<NodeChat>("/other", auth);
  }
  ~Node() {
    app.stop();
    app.wait();
  }

  microframe::Application app;
  NodeChat& chat;
};

class Nodes {
 public:
  microframe::authx::AuthConfig auth{std::string(32, 's')};
  microframe::Limits limits;
  std::string broker;  // the URL; "": the test's own redis-server
  std::chrono::milliseconds offline_delay{200};

  Nodes() {
    limits.closing_time = std::chrono::milliseconds(200);
    limits.drain_time = std::chrono::milliseconds(500);
  }

  // Adds nodes to the cluster; or one that is alone, if `alone`.
  void start(std::size_t count, bool alone = false) {
    for (std::size_t i = 0; i < count; ++i) add(alone);
    eventually([&] {
      for (const auto& node : nodes_) {
        const auto known = node->app.nodes();
        if (known.size() + 1 != nodes_.size()) return false;
        for (const auto& other : known) {
          if (!other.is_heard) return false;
        }
      }
      return true;
    });
  }
  Node& add(bool alone = false) {
    auto node = std::make_unique<Node>(auth);
    node->app.limits(limits).threads(2);
    if (!alone)
      node->app.cluster(microframe::RedisBroker(url()), microframe::ClusterOptions()
                                                            .node("node" + std::to_string(++named_))
                                                            .offline_delay(offline_delay));
    node->app.start("127.0.0.1:0");
    nodes_.push_back(std::move(node));
    return *nodes_.back();
  }
  void stop(std::size_t number) { nodes_.erase(nodes_.begin() + static_cast<long>(number)); }

  std::string url() { return broker.empty() ? redis().url() : broker; }
  RedisProcess& redis() {
    if (!redis_) redis_ = std::make_unique<RedisProcess>();
    return *redis_;
  }
  std::size_t size() const { return nodes_.size(); }
  // With fewer nodes than a test has places, several places are one node.
  Node& at(std::size_t place) { return *nodes_[place % nodes_.size()]; }

  std::string token(std::string_view user) const {
    return microframe::authx::create_access_token(auth, user);
  }
  // A client without a subprotocol.
  RawClient plain(std::size_t place, std::string_view user) {
    RawClient made(at(place).app.port());
    made.send(upgrade_request("/ws?token=" + token(user)));
    EXPECT_EQ(made.read_status(), 101U);
    return made;
  }
  V1Client client(std::size_t place, std::string_view user, const V1Client* former = nullptr,
                  const std::string& path = "/ws") {
    return V1Client(std::make_unique<RawClient>(at(place).app.port()), token(user), former, path);
  }

 private:
  std::unique_ptr<RedisProcess> redis_;
  std::vector<std::unique_ptr<Node>> nodes_;
  int named_ = 0;
};

}  // namespace test
