// expect: nothing
#include <microframe/microframe.hpp>
using namespace microframe;

// What every compiler gets right.
Task<std::string> in_two_lines(std::string text) {
  auto work = offload([text] { return text + "!"; });
  co_return co_await work;
}
Task<int> of_a_named_function(std::string text) {
  const auto count = [text] { return static_cast<int>(text.size()); };
  co_return co_await offload(count);
}
Task<int> without_captures() {
  co_return co_await offload([] { return 7; });
}
Task<int> with_a_number(int number) {
  co_return co_await offload([number] { return number + 1; });
}
Task<> of_nothing(int& number) {
  co_await offload([&] { ++number; });
}
