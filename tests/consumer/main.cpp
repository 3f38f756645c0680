// A project of its own, with microframe as a user has it: an endpoint, and a client that asks it
// something on loopback. Ends with 0 if the answer came. With an argument, it checks that this
// library has been built without its parts.

#include <cstdio>
#include <string>

#include <microframe/microframe.hpp>
using namespace microframe;

class Echo : public ws::BaseWebSocket {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId& user, const Json& message) {
    return {{"from", user}, {"text", message.at("text")}};
  }
};

// Whether start() refuses the application because of the part that is missing.
bool refuses(Application& app, const std::string& option) {
  try {
    app.start("127.0.0.1:0");
  } catch (const ConfigError& error) {
    std::printf("%s\n", error.what());
    return std::string(error.what()).find("-DMICROFRAME_" + option + "=ON") != std::string::npos;
  }
  return false;
}

bool lacks_its_parts() {
  Application nodes, keys;
  nodes.cluster(RedisBroker("redis://127.0.0.1"));
  authx::JwksSource issuer("https://id.example/keys");
  keys.route<Echo>("/ws", authx::AuthConfig::jwks(issuer.issuer("https://id.example")));
  return refuses(nodes, "CLUSTER") && refuses(keys, "JWKS");
}

int main(int count, char**) {
  const authx::AuthConfig auth{std::string(32, 'k')};
  if (count > 1 && !lacks_its_parts()) return 1;
  Application app;
  app.threads(1).route<Echo>("/ws", auth);
  app.start("127.0.0.1:0");

  ClientOptions options;
  options.token = [auth] { return authx::create_access_token(auth, "alice"); };
  Client client("ws://127.0.0.1:" + std::to_string(app.port()) + "/ws", options);
  client.connect();
  const Json answer = client.send({{"text", "hello"}}).get();
  std::printf("microframe %s: %s\n", MICROFRAME_VERSION, to_text(answer).c_str());
  return answer == Json{{"from", "alice"}, {"text", "hello"}} ? 0 : 1;
}
