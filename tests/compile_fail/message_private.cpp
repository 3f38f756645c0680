// expect: on_message must be public and take
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
 private:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
