// expect: on_message must return void, Json, Task<> or Task<Json>
#include <microframe/microframe.hpp>
using namespace microframe;

class Bad : public ws::ChatBase {
 public:
  int on_message(ws::WebSocket&, const ws::UserId&, const Json&) { return 0; }
};

void use(Application& app, const authx::AuthConfig& auth) { app.route<Bad>("/ws", auth); }
