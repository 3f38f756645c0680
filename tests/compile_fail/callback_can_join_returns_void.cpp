// expect: can_join must return bool or Task<bool>
#include <microframe/microframe.hpp>
using namespace microframe;

auto callbacks = ws::Callbacks().can_join([](ws::WebSocket&, const ws::UserId&, const std::string&) {});
