// microframe::Client and threads: awaited replies, many clients on one loop, and clients that are
// destroyed while they are busy.

#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "microframe/client.hpp"
#include "support/app_fixture.hpp"
#include "support/client_log.hpp"
#include "support/scripted_server.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::ClientLog;
using test::ScriptedServer;

// Answers with the message, or with the answer of another server if there is a client of one.
class FrontDesk : public ws::ChatBase {
 public:
  Task<Json> on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    if (!upstream) co_return message;
    Reply reply = upstream->send(message);
    try {
      const Json answer = co_await reply;
      Json result = {{"upstream", answer}};
      co_return result;
    } catch (const ClientError& error) {
      throw BadMessage(error.code());
    }
  }
  Client* upstream = nullptr;
};

class ClientThreadsTest : public test::AppTest {
 protected:
  FrontDesk& desk = app.route<FrontDesk>("/ws", auth);
  FrontDesk& front = app.route<FrontDesk>("/front", auth);

  std::string url(const std::string& path = "/ws") const {
    return "ws://127.0.0.1:" + std::to_string(app.port()) + path;
  }
  ClientOptions as(const std::string& user) const {
    ClientOptions options;
    options.token = [token = token(user)] { return token; };
    return options;
  }
};

TEST_F(ClientThreadsTest, HookAwaitsAReplyOnItsOwnLoop) {
  start(2);
  Client upstream(url(), as("front"));
  upstream.connect();
  front.upstream = &upstream;
  Client client(url("/front"), as("alice"));
  client.connect();
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(client.send({{"n", i}}).get(), Json({{"upstream", {{"n", i}}}}));
}

TEST_F(ClientThreadsTest, HookThatAwaitsIsToldWhenTheClientCloses) {
  start(2);
  std::optional<Client> upstream(std::in_place, url("/nowhere"), as("front"));
  front.upstream = &*upstream;
  Client client(url("/front"), as("alice"));
  client.connect();
  Reply reply = client.send({{"n", 1}});
  eventually([&] { return front.connection_count() == 1; });
  upstream->close();
  try {
    reply.get();
    FAIL() << "the hook must fail";
  } catch (const ClientError& error) {
    EXPECT_EQ(error.code(), "bad_message");
    EXPECT_STREQ(error.what(), "closed");
  }
  front.upstream = nullptr;
}

TEST_F(ClientThreadsTest, HookThatAwaitsMayBeDestroyed) {
  ScriptedServer silent;
  Client upstream(silent.url(), {});
  upstream.connect();
  front.upstream = &upstream;
  limits.drain_time = 200ms;
  start(1);
  Client client(url("/front"), as("alice"));
  client.connect();
  Reply reply = client.send({{"n", 1}});
  auto peer = silent.accept();
  peer.welcome();
  EXPECT_NE(peer.hear(), "");
  app.stop();
  app.wait();                         // the hook is gone
  peer.say(R"({"t":"ack","id":1})");  // nobody waits for this answer any more
  Reply next = upstream.send({{"n", 2}});
  EXPECT_NE(peer.hear(), "");
  peer.say(R"({"t":"ack","id":2})");
  EXPECT_TRUE(next.get().is_null());
}

TEST_F(ClientThreadsTest, TaskAwaitsOnAThreadWithoutALoop) {
  start(1);
  Client client(url(), as("alice"));
  client.connect();
  const auto ask = [&]() -> Task<Json> {
    Reply reply = client.send({{"n", 7}});
    Json answer = co_await reply;
    co_return answer;
  };
  EXPECT_EQ(sync_wait(ask()), Json({{"n", 7}}));
}

TEST_F(ClientThreadsTest, HandlerAwaitsAReplyOfItsOwnClient) {
  start(1);
  Client client(url(), as("alice"));
  ClientLog log;
  client.on_state([&](const ClientStatus& status) -> Task<> {
    if (status.state != ClientState::open) co_return;
    Reply reply = client.send({{"n", 1}});
    const Json answer = co_await reply;
    log.add("answer " + to_text(answer));
    try {
      client.send({{"n", 2}}).get();
    } catch (const std::logic_error&) {
      log.add("it must not be blocked");
    }
  });
  client.connect();
  log.wait_for(R"(answer {"n":1})");
  log.wait_for("it must not be blocked");
}

TEST_F(ClientThreadsTest, ManyClientsShareOneThread) {
  limits.devices_per_user_max = 1000;
  start(2);
  const ClientLoop loop;
  std::deque<Client> clients;
  std::vector<Reply> replies;
  for (int i = 0; i < 200; ++i) {
    Client& client = clients.emplace_back(loop, url(), as("user" + std::to_string(i)));
    client.connect();
    replies.push_back(client.send({{"n", i}}));
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(replies[static_cast<std::size_t>(i)].get().at("n"), i);
  EXPECT_EQ(desk.connection_count(), 200U);
  clients.clear();
  eventually([&] { return desk.connection_count() == 0; });
}

TEST_F(ClientThreadsTest, SendingFromManyThreadsKeepsTheOrderOfEach) {
  limits.messages_per_second = 0;
  start(2);
  ClientOptions options = as("alice");
  options.messages_per_second = 0;
  Client client(url(), options);
  client.connect();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<Reply> replies;
      for (int i = 0; i < 200; ++i) replies.push_back(client.send({{"t", t}, {"i", i}}));
      for (int i = 0; i < 200; ++i)
        wrong += replies[static_cast<std::size_t>(i)].get() != Json({{"t", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ClientThreadsTest, PendingRepliesFailWhenTheClientIsDestroyed) {
  start(1);
  std::optional<Client> client(std::in_place, url("/nowhere"), as("alice"));
  Reply reply = client->send({{"n", 1}});
  std::string code;
  client->send({{"n", 2}}).then({}, [&](const ClientError& error) { code = error.code(); });
  client.reset();
  EXPECT_EQ(code, "closed");
  EXPECT_THROW(reply.get(), ClientError);
}

// Owns a client that is destroyed by one of its own handlers.
class Doomed {
 public:
  explicit Doomed(std::unique_ptr<Client> client) : client_(std::move(client)) {
    client_->on_message([this](const Json&) -> Task<> {
      const auto witness = std::make_shared<Doomed*>(this);
      waiting = witness;
      while (true) co_await sleep_for(1h);
    });
    client_->on_joined([this](const JoinedRoom&) {
      client_.reset();
      gone = true;
    });
    client_->connect();
  }
  void send() { client_->send({{"n", 1}}); }
  std::weak_ptr<Doomed*> waiting;
  std::atomic<bool> gone{false};

 private:
  std::unique_ptr<Client> client_;
};

TEST_F(ClientThreadsTest, HandlerMayDestroyItsClient) {
  const ClientLoop loop;
  for (const bool shared : {false, true}) {
    ScriptedServer server;
    Doomed doomed(shared ? std::make_unique<Client>(loop, server.url())
                         : std::make_unique<Client>(server.url()));
    auto peer = server.accept();
    peer.welcome();
    peer.say(R"({"t":"message","data":1})");
    peer.say(R"({"t":"joined","room":"r"})");
    peer.say(R"({"t":"message","data":2})");
    eventually([&] { return doomed.gone.load(); });
    eventually([&] { return doomed.waiting.expired(); });
  }
}

TEST_F(ClientThreadsTest, ClientWithTooManyWaitingHandlersStopsReading) {
  limits.outbox_bytes_max = std::size_t{1} << 30;
  start(1);
  std::atomic<int> begun{0};
  std::atomic<bool> open{false};
  ClientOptions options = as("alice");
  options.compression.enabled = false;  // otherwise one receive brings all messages
  Client client(url(), options);
  client.on_message([&](const Json&) -> Task<> {
    ++begun;
    while (!open) co_await sleep_for(5ms);
  });
  client.connect();
  client.send({{"n", 1}}).get();
  constexpr int kMessages = 6000;
  const Json message(std::string(1000, 'x'));
  for (int i = 0; i < kMessages; ++i) desk.send_to("alice", message);
  eventually([&] { return begun >= 1000; });
  std::this_thread::sleep_for(100ms);  // time in which the client could read too far
  EXPECT_LT(begun, 1000 + 600);
  open = true;
  eventually([&] { return begun == kMessages; });
}

}  // namespace
}  // namespace microframe
