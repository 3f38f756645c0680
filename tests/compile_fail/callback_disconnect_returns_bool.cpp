// expect: on_disconnect must return void or Task<>
#include <microframe/microframe.hpp>
using namespace microframe;

auto callbacks = ws::Callbacks().on_disconnect(
    [](ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason&) { return true; });
