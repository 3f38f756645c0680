// A vector whose first elements lie in place.

#include "base/few.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace microframe::base {
namespace {

using Shared = std::shared_ptr<int>;

std::vector<int> values(const Few<Shared, 2>& few) {
  std::vector<int> all;
  for (const Shared& one : few) all.push_back(*one);
  return all;
}

TEST(Few, IsTwoWordsWithOnePointerInPlace) {
  EXPECT_EQ(sizeof(Few<void*, 1>), 16U);
}

TEST(Few, KeepsItsOrderInPlaceAndBeyond) {
  Few<Shared, 2> few;
  std::vector<int> expected;
  for (int i = 0; i < 9; ++i) {
    few.push_back(std::make_shared<int>(i));
    expected.push_back(i);
    EXPECT_EQ(values(few), expected);
  }
  for (const std::size_t index : {8U, 0U, 3U, 2U, 2U, 0U, 1U, 1U, 0U}) {
    few.erase(few.begin() + index);
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(index));
    EXPECT_EQ(values(few), expected);
    EXPECT_EQ(few.size(), expected.size());
  }
  EXPECT_TRUE(few.empty());
}

TEST(Few, MovesAndDestroysEachElementOnce) {
  for (const int count : {0, 1, 2, 3, 5}) {
    const auto token = std::make_shared<int>(7);
    {
      Few<Shared, 2> from;
      for (int i = 0; i < count; ++i) from.push_back(token);
      Few<Shared, 2> to(std::move(from));
      EXPECT_EQ(to.size(), static_cast<std::size_t>(count));
      Few<Shared, 2> last;
      for (int i = 0; i < 4; ++i) last.push_back(token);
      last = std::move(to);
      EXPECT_EQ(last.size(), static_cast<std::size_t>(count));
      EXPECT_EQ(token.use_count(), count + 1);
      from.push_back(token);  // what was moved from is as new
      EXPECT_EQ(values(from), std::vector<int>{7});
    }
    EXPECT_EQ(token.use_count(), 1);
  }
}

}  // namespace
}  // namespace microframe::base
