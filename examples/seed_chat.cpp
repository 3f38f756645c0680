// The chat of the README: new users are announced, messages go to everyone, and rooms can be
// joined.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/seed_chat
//   TOKEN=$(build/release/bin/microframe token --sub alice)
//   build/release/bin/microframe connect ws://127.0.0.1:8000/ws/chat --token $TOKEN
//   {"type": "chat", "text": "hello"}

#include <microframe/microframe.hpp>
using namespace microframe;

class MyChat : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket&, const ws::UserId& user) {
    broadcast({{"type", "user_joined"}, {"user_id", user}});
  }
  void on_message(ws::WebSocket&, const ws::UserId& user, const Json& message) {
    if (message.at("type") == "chat") {
      broadcast({{"from", user}, {"text", message.at("text")}});
    } else if (message.at("type") == "join_room") {
      join_room(user, text(message, "room"));
    }
  }
};

int main() {
  Application app;
  authx::AuthConfig auth{env("MICROFRAME_SECRET")};
  app.route<MyChat>("/ws/chat", auth);
  return app.run("127.0.0.1:8000");
}
