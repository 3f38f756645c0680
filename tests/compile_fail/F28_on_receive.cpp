// expect: no hook is called "on_receive"; did you mean "on_message"
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
  void on_receive(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
