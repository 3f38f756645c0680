// Both ends of the storm that ./dev storm measures (tests/storm/run.py): a server with the limits
// that every server has, and in another process its clients, all of which come back when the
// server is restarted.
//   storm serve PORT          serves /ws until SIGTERM
//   storm load PORT CLIENTS   prints {"open": N} when all are connected; then, for each line of
//                             standard input, waits until every client has been lost and is
//                             back, and prints when each one was
// Both read MICROFRAME_SECRET.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "microframe/microframe.hpp"
#include "storm/crowd.hpp"

namespace {

using namespace microframe;

class Echo : public ws::ChatBase {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) { return message; }
};

int serve(const std::string& port, const authx::AuthConfig& auth) {
  Application app;
  app.route<Echo>("/ws", auth);
  return app.run("127.0.0.1:" + port);
}

void say(const Json& what) {
  std::puts(to_text(what).c_str());
  std::fflush(stdout);
}

int load(const std::string& port, std::size_t clients, const authx::AuthConfig& auth) {
  storm::Crowd crowd("ws://127.0.0.1:" + port + "/ws", clients, auth);
  crowd.wait_until_back();
  say({{"open", clients}});
  for (std::string line; std::getline(std::cin, line);) {
    crowd.begin_round();
    say({{"waiting", true}});
    crowd.wait_until_back();
    say(crowd.report());
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const char* secret = std::getenv("MICROFRAME_SECRET");
  const std::string mode = count > 1 ? words[1] : "";
  if (secret && mode == "serve" && count == 3) return serve(words[2], authx::AuthConfig(secret));
  if (secret && mode == "load" && count == 4)
    return load(words[2], std::strtoul(words[3], nullptr, 10), authx::AuthConfig(secret));
  std::fputs("MICROFRAME_SECRET=.. storm serve PORT | storm load PORT CLIENTS\n", stderr);
  return 2;
}
