// Sends each message back unchanged, text or binary.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/echo

#include <microframe/microframe.hpp>
using namespace microframe;

class Echo : public ws::BaseWebSocket {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    socket.send(message);
  }
};

int main() {
  Application app;
  app.route<Echo>("/ws/echo", authx::AuthConfig{env("MICROFRAME_SECRET")});
  return app.run("127.0.0.1:8000");
}
