// expect: on_connect must take (ws::WebSocket&, const ws::UserId&)
#include <microframe/microframe.hpp>
using namespace microframe;

auto callbacks = ws::Callbacks().on_connect([] {});
