// expect: on_binary must take (ws::WebSocket&, const ws::UserId&, std::span<const std::byte>)
#include <microframe/microframe.hpp>
using namespace microframe;

auto callbacks = ws::Callbacks().on_binary([](ws::WebSocket&, const ws::UserId&, const std::string&) {});
