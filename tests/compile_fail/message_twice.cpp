// expect: on_message for both Json and ws::Message
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message&) {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
