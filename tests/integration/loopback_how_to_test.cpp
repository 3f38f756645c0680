// The second program of docs/how-to/test.md.

#include <gtest/gtest.h>
#include <microframe/microframe.hpp>

#include <future>

using namespace microframe;

class Shout : public ws::BaseWebSocket {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId& user, const Json& message) {
    return {{"from", user}, {"text", text(message, "text") + "!"}};
  }
};

TEST(ShoutTest, AnswersAClientOverLoopback) {
  const authx::AuthConfig auth("a secret of 32 bytes or even more");
  Application app;
  app.threads(1);
  app.route<Shout>("/ws", auth);
  app.start("127.0.0.1:0");  // any free port

  ClientOptions options;
  options.token = [&] { return authx::create_access_token(auth, "alice"); };
  Client client("ws://127.0.0.1:" + std::to_string(app.port()) + "/ws", options);
  client.connect();
  EXPECT_EQ(client.send({{"text", "hello"}}).get(), Json({{"from", "alice"}, {"text", "hello!"}}));

  app.stop();
  app.wait();
}
