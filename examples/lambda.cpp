// A whole server made of lambdas, for small programs.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/lambda

#include <microframe/microframe.hpp>
using namespace microframe;

int main() {
  Application app;
  app.websocket(
      "/ws", authx::AuthConfig{env("MICROFRAME_SECRET")},
      ws::Callbacks()
          .on_connect([](ws::WebSocket& socket, const ws::UserId& user) {
            socket.chat().broadcast({{"joined", user}});
          })
          .on_message([](ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
            socket.chat().broadcast({{"from", user}, {"text", text(message, "text")}});
          }));
  return app.run("127.0.0.1:8000");
}
