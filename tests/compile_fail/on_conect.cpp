// expect: no hook is called "on_conect"; did you mean "on_connect"
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
  void on_conect(ws::WebSocket&, const ws::UserId&) {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
