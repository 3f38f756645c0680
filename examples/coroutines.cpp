// A hook that waits: it asks a slow store on a worker thread, and answers when the store has
// answered. Meanwhile the loop serves other connections.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/coroutines

#include <microframe/microframe.hpp>
#include <thread>
using namespace microframe;
using namespace std::chrono_literals;

// Stands for a database driver that blocks.
static std::string look_up(const std::string& key) {
  std::this_thread::sleep_for(20ms);
  return "the value of " + key;
}

class Lookup : public ws::BaseWebSocket {
 public:
  // The returned value is sent back as the reply.
  Task<Json> on_message(ws::WebSocket&, const ws::UserId& user, const Json& message) {
    const std::string key = text(message, "key");
    auto query = offload([key] { return look_up(key); });
    const std::string value = co_await query;
    co_await sleep_for(10ms);
    co_return Json{{"for", user}, {"value", value}};
  }
};

int main() {
  Application app;
  app.route<Lookup>("/ws/lookup", authx::AuthConfig{env("MICROFRAME_SECRET")});
  return app.run("127.0.0.1:8000");
}
