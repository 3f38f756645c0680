// expect: on_connect must be public and take (ws::WebSocket&, const ws::UserId&)
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
  void on_connect() {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
