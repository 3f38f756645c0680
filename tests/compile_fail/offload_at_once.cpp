// expect: microframe: g++ 12 miscompiles this
// only: g++
#include <microframe/microframe.hpp>
using namespace microframe;

Task<std::string> use(std::string text) {
  co_return co_await offload([text] { return text + "!"; });
}
