// expect: on_message must return void, Json, Task<> or Task<Json>
#include <microframe/microframe.hpp>
using namespace microframe;

auto callbacks = ws::Callbacks().on_message([](ws::WebSocket&, const ws::UserId&, const Json&) { return 1; });
