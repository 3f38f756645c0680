// Slots: so many places, each given to one holder at a time.

#include "base/slots.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace microframe::base {
namespace {

TEST(Slots, GiveEachPlaceToOneHolder) {
  Slots slots(2);
  Slots::Place one = slots.take();
  Slots::Place two = slots.take();
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(slots.take());
  EXPECT_EQ(slots.taken(), 2U);
  Slots::Place moved = std::move(one);
  EXPECT_EQ(slots.taken(), 2U);
  moved = {};
  EXPECT_EQ(slots.taken(), 1U);
  EXPECT_TRUE(slots.take());
}

}  // namespace
}  // namespace microframe::base
