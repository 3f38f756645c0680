// Orders that are taken once and seen by everyone, despite lost connections.
// docs/how-to/never-lose-a-message.md explains this example.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/orders

#include <microframe/microframe.hpp>

#include <atomic>
using namespace microframe;

class Kitchen : public ws::ChatBase {
 public:
  // Runs once per order, however often the client had to send the order.
  Json on_message(ws::WebSocket&, const ws::UserId& user, const Json& order) {
    const std::string dish = text(order, "dish");
    const int number = ++orders_;
    broadcast_to_room("orders", {{"number", number}, {"dish", dish}, {"for", user}});
    return {{"number", number}};  // the reply that the client's send() waits for
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    return room == "orders";
  }

 private:
  std::atomic<int> orders_{0};
};

int main() {
  Application app;
  app.rooms("orders", RoomOptions().history(1000, std::chrono::hours(1)).presence());
  app.route<Kitchen>("/ws/orders", authx::AuthConfig{env("MICROFRAME_SECRET")});
  return app.run("127.0.0.1:8000");
}
