// Work beside the hooks: a clock that ticks for everyone, a task of each message, a greeting at the
// start and a last word before the end.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/background

#include <microframe/microframe.hpp>
using namespace microframe;
using namespace std::chrono_literals;

class Reminders : public ws::ChatBase {
 public:
  explicit Reminders(Application& app) : app_(app) {}

  // Kept with the connection: nobody may have more than three reminders under way.
  struct Waiting {
    int reminders = 0;
  };

  // {"remind": "tea", "in_ms": 300000}. The task outlives the connection, should that be lost.
  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    if (++socket.data<Waiting>().reminders > 3) throw BadMessage("three reminders are enough");
    const std::chrono::milliseconds delay(number<unsigned>(message, "in_ms"));
    app_.spawn([this, user, delay, what = text(message, "remind")]() -> Task<> {
      co_await sleep_for(delay);
      send_to(user, {{"reminder", what}});
    });
  }

 private:
  Application& app_;
};

int main() {
  Application app;
  authx::AuthConfig auth{env("MICROFRAME_SECRET")};
  Reminders& reminders = app.route<Reminders>("/ws/reminders", auth, app);
  int ticks = 0;  // all callbacks run on one thread
  app.every(1s, [&] { reminders.broadcast({{"tick", ++ticks}}); });
  app.on_stop([&]() -> Task<> {
    reminders.broadcast({{"closing", true}});
    co_await sleep_for(100ms);
  });
  return app.run("127.0.0.1:8000");
}
