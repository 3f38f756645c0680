// The scenarios of clients that reconnect, with microframe::Client: what their users notice.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <deque>

#include "microframe/client.hpp"
#include "support/client_log.hpp"
#include "support/relay.hpp"
#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::ClientLog;
using test::Relay;

// Answers with what it was told, and lets everyone into its rooms.
class OpenHall : public ws::ChatBase {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) { return message; }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
};

class ClientScenario : public test::AppTest {
 protected:
  OpenHall& hall = app.route<OpenHall>("/ws", auth);
  ClientLog log;

  static std::string url(std::uint16_t port) {
    return "ws://127.0.0.1:" + std::to_string(port) + "/ws";
  }
  ClientOptions as(const std::string& user) const {
    ClientOptions options;
    options.token = [jwt = token(user)] { return jwt; };
    return options;
  }
};

// --- 26: the token's end during a session ---

TEST_F(ClientScenario, S26_FreshTokensKeepTheConnectionOpen) {
  start(1);
  std::atomic<int> asked{0};
  ClientOptions options;
  options.token = [this, &asked] {
    ++asked;
    return token("alice", Options().ttl(2s));
  };
  Client client(url(app.port()), options);
  log.watch(client);
  client.connect();
  log.wait_for("open new");
  eventually([&] { return asked == 4; });  // by then the first token has expired
  EXPECT_EQ(client.send({{"n", 1}}).get(), Json({{"n", 1}}));
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"connecting", "open new"}));
}

TEST_F(ClientScenario, S26_ClientWithoutAFreshTokenIsClosed) {
  start(1);
  ClientOptions options;
  options.token = [jwt = token("alice", Options().ttl(2s))] { return jwt; };
  Client client(url(app.port()), options);
  log.watch(client);
  client.connect();
  log.wait_for("open new");
  log.wait_for("closed 4401");
  EXPECT_FALSE(hall.is_connected("alice"));
}

// --- 57: all clients of a dead node come back at once ---

TEST_F(ClientScenario, S57_ClientsOfADeadNodeAllReachAnotherThatPacesThem) {
  constexpr std::size_t kClients = 300;
  limits.connections_per_address_max = 0;
  limits.handshakes_per_second = 100;  // so that not all clients can connect at once
  limits.handshakes_burst = 50;
  Application other;
  other.route<OpenHall>("/ws", auth);
  other.limits(limits).threads(1).admin("public");
  other.start("127.0.0.1:0");
  limits.handshakes_per_second = 0;
  start(1);
  Relay relay(app.port());
  const ClientLoop loop;
  std::deque<ClientLog> logs(kClients);
  std::deque<Client> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(loop, url(relay.port()), as("u" + std::to_string(i)));
    logs[i].watch(clients[i]);
    clients[i].connect();
  }
  for (ClientLog& one : logs) one.wait_for("open new");
  const auto begun = std::chrono::steady_clock::now();
  relay.lead_to(other.port());
  relay.cut();
  for (ClientLog& one : logs) {
    one.wait_for("reconnecting 1006");
    one.wait_for("open new", 30s);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
  EXPECT_GE(test::rejected(other.port(), "handshake_flood"), 1);
  clients.clear();
  other.stop();
  other.wait();
}

// --- 58: SIGTERM ---

TEST_F(ClientScenario, S58_DrainedClientReconnectsAndSendsWhatWaited) {
  Application other;
  other.route<OpenHall>("/ws", auth);
  other.limits(limits).threads(1).admin("public");
  other.start("127.0.0.1:0");
  start(1);
  Relay relay(app.port());
  Client client(url(relay.port()), as("alice"));
  log.watch(client);
  client.connect();
  log.wait_for("open new");
  relay.lead_to(other.port());
  app.stop();
  EXPECT_EQ(log.wait_for("reconnecting").substr(0, 17), "reconnecting 1012");
  EXPECT_EQ(client.send({{"n", 1}}).get(), Json({{"n", 1}}));  // waits for a connection
  EXPECT_EQ(log.wait_for("open"), "open new");
  client.close();
  log.wait_for("closed");
  other.stop();
  other.wait();
}

// --- 59: two devices, one closes ---

TEST_F(ClientScenario, S59_PresenceKeepsTheUserUntilTheLastDeviceCloses) {
  app.rooms("hall", RoomOptions().presence());
  start(2);
  Client phone(url(app.port()), as("alice"));
  Client laptop(url(app.port()), as("alice"));
  Client other(url(app.port()), as("bob"));
  for (Client* one : {&phone, &laptop, &other}) {
    one->connect();
    one->join("hall").get();
  }
  const auto devices = [&] {
    const Json presence = other.presence("hall");
    const Json* alice = presence.as_object().if_contains("alice");
    return alice ? alice->as_array().size() : 0;
  };
  eventually([&] { return devices() == 2; });
  phone.close();
  eventually([&] { return devices() == 1; });
  EXPECT_TRUE(hall.is_connected("alice"));
  EXPECT_EQ(laptop.send({{"n", 1}}).get(), Json({{"n", 1}}));
  laptop.close();
  eventually([&] { return devices() == 0; });
  EXPECT_FALSE(hall.is_connected("alice"));
}

}  // namespace
}  // namespace microframe
