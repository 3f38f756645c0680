// expect: on_connect must return void or Task<>
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
  bool on_connect(ws::WebSocket&, const ws::UserId&) { return true; }
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
