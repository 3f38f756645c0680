// Servers that stand for one another: a client of a killed one goes on with another, and what a hook
// publishes is stored before its message is acknowledged.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json/object.hpp>
#include <mutex>

#include "microframe/client.hpp"
#include "support/app_fixture.hpp"
#include "support/child_server.hpp"
#include "support/redis_server.hpp"
#include "support/v1_client.hpp"
#include "ws/handling.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::ChildServer;
using test::V1Client;
using ws::Handling;

// --- a killed server

// Says under which name it would publish, and whether it may repeat: as a reply, or, where it never
// ends, as a message.
class Publisher : public ws::ChatBase {
 public:
  explicit Publisher(bool ends) : ends_(ends) {}

  Task<Json> on_message(ws::WebSocket& socket, const ws::UserId&, const Json&) {
    const bool repeats = socket.may_repeat();
    co_await sleep_for(1ms);
    std::string key = Handling::current()->next_key();
    std::replace(key.begin(), key.end(), '\0', ' ');
    const boost::json::object told{{"key", key}, {"repeats", repeats && socket.may_repeat()}};
    if (!ends_) {
      socket.send(Json(told));
      co_await sleep_for(1h);
    }
    co_return Json(told);
  }

 private:
  const bool ends_;
};

const authx::AuthConfig& child_auth() {
  static const authx::AuthConfig auth{std::string(32, 's')};
  return auth;
}

// What a ChildServer runs.
TEST(Heir, DISABLED_Serve) {
  const char* port = std::getenv("MICROFRAME_TEST_PORT");
  Application app;
  app.route<Publisher>("/ws", child_auth(), std::getenv("MICROFRAME_TEST_ENDS") != nullptr);
  app.threads(1);
  app.cluster(RedisBroker(std::getenv("MICROFRAME_TEST_BROKER")),
              ClusterOptions().node(std::getenv("MICROFRAME_TEST_NODE")));
  app.start(std::string("127.0.0.1:") + (port ? port : "0"));
  const std::string line = std::to_string(app.port()) + "\n";
  ASSERT_EQ(::write(3, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  char end;
  EXPECT_EQ(::read(4, &end, 1), 0);
  app.stop();
  app.wait();
}

TEST(Heir, GoesOnWithTheMessagesOfAKilledServer) {
  test::RedisProcess redis;
  const std::string broker = "MICROFRAME_TEST_BROKER=" + redis.url();
  ChildServer first("Heir.DISABLED_Serve", {broker, "MICROFRAME_TEST_NODE=first"});
  const std::string port = std::to_string(first.port());
  std::mutex mutex;
  std::vector<Json> messages;
  std::vector<Json> replies;
  ClientOptions options;
  options.token = [] { return authx::create_access_token(child_auth(), "alice"); };
  options.backoff_first = 10ms;
  Client client("ws://127.0.0.1:" + port + "/ws", options);
  client.on_message([&](const Json& message) {
    const std::lock_guard lock(mutex);
    messages.push_back(message);
  });
  client.connect();
  const auto send = [&](const char* text) {
    client.send(Json(text))
        .then(
            [&](const Json& reply) {
              const std::lock_guard lock(mutex);
              replies.push_back(reply);
            },
            [](const ClientError& error) { ADD_FAILURE() << error.code(); });
  };
  const auto has = [&](const std::vector<Json>& all, std::size_t count) {
    return [&, count] {
      const std::lock_guard lock(mutex);
      return all.size() == count;
    };
  };
  send("handled, and not answered");
  send("not handled");
  test::eventually(has(messages, 1));
  first.kill();
  ChildServer second("Heir.DISABLED_Serve",
                     {broker, "MICROFRAME_TEST_NODE=second", "MICROFRAME_TEST_PORT=" + port,
                      "MICROFRAME_TEST_ENDS=1"});
  test::eventually(has(replies, 2));
  send("new");
  test::eventually(has(replies, 3));
  client.close();
  const std::lock_guard lock(mutex);
  const std::string key = text(messages[0], "key");
  EXPECT_EQ(messages[0].at("repeats"), false);
  EXPECT_EQ(text(replies[0], "key"), key);
  EXPECT_EQ(replies[0].at("repeats"), true);
  EXPECT_EQ(text(replies[1], "key"), key.substr(0, key.size() - 3) + "2#1");
  EXPECT_EQ(replies[1].at("repeats"), true);
  EXPECT_NE(text(replies[2], "key").substr(0, 22), key.substr(0, 22)) << "of the new session";
  EXPECT_EQ(replies[2].at("repeats"), false);
  EXPECT_TRUE(second.end());
}

// --- acknowledged means stored

// Has something to store per message, which the test ends.
class Stores : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {
    const std::lock_guard lock(mutex_);
    pending_.push_back(Handling::current()->begin_pending());
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects_; }

  std::size_t pending() const {
    const std::lock_guard lock(mutex_);
    return pending_.size();
  }
  int disconnects() const { return disconnects_; }
  void end_all(bool ok = true) {
    std::vector<Handling::Pending> all;
    {
      const std::lock_guard lock(mutex_);
      all = std::exchange(pending_, {});
    }
    for (Handling::Pending& one : all) one.end(ok);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Handling::Pending> pending_;
  std::atomic<int> disconnects_{0};
};

class Stored : public test::AppTest {
 protected:
  test::RedisProcess redis;
  Stores& stores = app.route<Stores>("/ws", auth);

  Stored() {
    app.cluster(RedisBroker(redis.url()));
    limits.messages_per_second = 0;
  }
  void TearDown() override {
    stores.end_all();
    AppTest::TearDown();
  }
  V1Client session(const V1Client* former = nullptr) {
    return {std::make_unique<test::RawClient>(raw()), token("alice"), former};
  }
  static void send(V1Client& client, std::uint64_t id) {
    client.send(boost::json::object{{"t", "message"}, {"id", id}, {"data", id}});
  }
  void wait_for_pending(std::size_t count) {
    eventually([&] { return stores.pending() == count; });
  }
  static Json ack(std::uint64_t id) { return boost::json::object{{"t", "ack"}, {"id", id}}; }
};

TEST_F(Stored, AMessageIsAcknowledgedWhenItIsStored) {
  start();
  V1Client client = session();
  send(client, 1);
  send(client, 2);
  wait_for_pending(2);
  EXPECT_TRUE(client.stream().silent());
  stores.end_all();
  EXPECT_EQ(client.read(), ack(1));
  EXPECT_EQ(client.read(), ack(2));
}

TEST_F(Stored, AMessageThatCannotBeStoredIsNotAcknowledged) {
  start();
  V1Client client = session();
  send(client, 1);
  wait_for_pending(1);
  stores.end_all(false);
  const Json error = client.read();
  EXPECT_EQ(text(error, "t"), "error");
  EXPECT_EQ(error.at("id"), 1);
  EXPECT_EQ(text(error, "code"), "unavailable");
}

TEST_F(Stored, WhatIsStoredWhileItsSenderIsAwayIsAcknowledgedWhenItIsBack) {
  start();
  V1Client client = session();
  send(client, 1);
  send(client, 2);
  wait_for_pending(2);
  client.lose();
  eventually([&] { return stores.disconnects() == 1; });
  stores.end_all();
  V1Client back = session(&client);
  EXPECT_TRUE(back.resumed());
  EXPECT_EQ(back.welcome().at("handled"), 2);
  EXPECT_EQ(back.read(), ack(1));
  EXPECT_EQ(back.read(), ack(2));
}

TEST_F(Stored, WhatIsStoredAfterItsSenderIsBackIsAcknowledgedThere) {
  start();
  V1Client client = session();
  send(client, 1);
  wait_for_pending(1);
  client.lose();
  V1Client back = session(&client);
  send(back, 2);
  wait_for_pending(2);
  EXPECT_TRUE(back.stream().silent());
  stores.end_all();
  EXPECT_EQ(back.read(), ack(1));
  EXPECT_EQ(back.read(), ack(2));
}

TEST_F(Stored, NobodyIsToldAfterASessionHasEnded) {
  start();
  V1Client client = session();
  send(client, 1);
  wait_for_pending(1);
  client.stream().send_close(1000);
  client.stream().read_close();
  eventually([&] { return stores.connection_count() == 0; });
  stores.end_all();
  V1Client next = session(&client);
  EXPECT_FALSE(next.resumed());
  EXPECT_FALSE(next.welcome().as_object().contains("inherits"));
}

TEST_F(Stored, AClientWhoseAnswersWaitIsNotReadOnWithoutEnd) {
  constexpr std::size_t kMessages = 1'000;
  limits.waiting_bytes_max = 4'096;
  start();
  V1Client client = session();
  for (std::size_t id = 1; id <= kMessages; ++id) send(client, id);
  eventually([&] { return stores.pending() >= 20; });
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(stores.pending(), 64U);
  std::atomic<bool> done{false};
  std::thread store([&] {
    while (!done) {
      stores.end_all();
      std::this_thread::sleep_for(1ms);
    }
  });
  for (std::size_t id = 1; id <= kMessages; ++id) EXPECT_EQ(client.read(), ack(id));
  done = true;
  store.join();
}

TEST_F(Stored, AServerStopsThatHasAnswersToGive) {
  start();
  V1Client client = session();
  send(client, 1);
  wait_for_pending(1);
  app.stop();
  EXPECT_EQ(client.read_until("bye").at("code"), 1012);
  stores.end_all();
}

}  // namespace
}  // namespace microframe
