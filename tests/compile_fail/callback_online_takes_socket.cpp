// expect: on_user_online and on_user_offline must take (const ws::UserId&)
#include <microframe/microframe.hpp>
using namespace microframe;

auto callbacks = ws::Callbacks().on_user_online([](ws::WebSocket&, const ws::UserId&) {});
