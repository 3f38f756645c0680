// expect: an endpoint class must not be final
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad final : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
