// expect: deleted
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json&) { socket.send("text or JSON?"); }
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
