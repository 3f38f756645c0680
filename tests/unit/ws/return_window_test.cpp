#include "ws/return_window.hpp"

#include <gtest/gtest.h>

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;

TEST(ReturnWindow, AThousandASecondComeBack) {
  struct Case {
    std::size_t connections;
    std::chrono::milliseconds spread;
    std::uint64_t window_ms;
  };
  constexpr Case cases[] = {
      {0, 0ms, 1'000},     {1'000, 0ms, 1'000},  {2'500, 0ms, 2'500},    {100'000, 0ms, 20'000},
      {2'500, 10s, 1'000}, {12'000, 10s, 2'000}, {100'000, 10s, 20'000}, {25'000, 10s, 15'000},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(return_window_ms(one.connections, one.spread), one.window_ms)
        << one.connections << " over " << one.spread.count() << " ms";
  }
}

}  // namespace
}  // namespace microframe::ws
