// A program with a thread and a main loop of its own: the thread measures, main() reads lines, and both
// speak through the endpoint.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/own_threads      (the end of its input ends it)

#include <csignal>
#include <iostream>
#include <microframe/microframe.hpp>
#include <thread>
using namespace microframe;
using namespace std::chrono_literals;

class Board : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

int main() {
  std::signal(SIGPIPE, SIG_IGN);  // as run() does: this program may write to a pipe
  Application app;
  Board& board = app.route<Board>("/ws/board", authx::AuthConfig{env("MICROFRAME_SECRET")});
  app.start("127.0.0.1:8000");  // from here on any thread may speak through `board`
  std::cout << "listening on port " << app.port() << std::endl;

  std::jthread measuring([&](const std::stop_token& stop) {
    for (int reading = 0; !stop.stop_requested(); ++reading) {
      board.broadcast({{"reading", reading}});
      std::this_thread::sleep_for(100ms);
    }
  });
  for (std::string line; std::getline(std::cin, line);) board.broadcast({{"line", line}});

  app.stop();
  app.wait();
}
