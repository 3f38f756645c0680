// expect: an endpoint derives from ws::BaseWebSocket or ws::ChatBase
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
