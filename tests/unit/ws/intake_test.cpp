// When a stream reads: what holds it up, what is kept meanwhile.
#include "ws/intake.hpp"

#include <gtest/gtest.h>

namespace microframe::ws {
namespace {

using Hold = Intake::Hold;

TEST(Intake, IsHeldUntilNothingHoldsIt) {
  Intake intake;
  intake.hold(Hold::hooks);
  intake.hold(Hold::budget);
  intake.release(Hold::hooks);
  EXPECT_TRUE(intake.is_held());
  EXPECT_TRUE(intake.is_held_by(Hold::budget));
  EXPECT_FALSE(intake.is_held_by(Hold::hooks));
  intake.release(Hold::budget);
  EXPECT_FALSE(intake.is_held());
}

TEST(Intake, KeepsBytesInTheirOrder) {
  Intake intake;
  EXPECT_FALSE(intake.keeps_any());
  intake.keep(base::as_bytes("one"));
  intake.keep(base::as_bytes("two"));
  EXPECT_EQ(base::as_text(*intake.take()), "onetwo");
  EXPECT_FALSE(intake.keeps_any());
  EXPECT_EQ(intake.take(), nullptr);
}

TEST(Intake, A03_WorkIsCountedOnce) {
  Intake intake;
  intake.spend(5000);
  intake.spend(2000);
  EXPECT_EQ(intake.unsettled(), 7000U);
  EXPECT_EQ(intake.take_unsettled(), 7000U);
  EXPECT_EQ(intake.take_unsettled(), 0U);
}

TEST(Intake, TurnIsOverAfterItsWork) {
  Intake intake;
  intake.spend(99);
  EXPECT_FALSE(intake.turn_is_over(100));
  intake.spend(1);
  EXPECT_TRUE(intake.turn_is_over(100));
  intake.begin_turn();
  EXPECT_FALSE(intake.turn_is_over(100));
}

}  // namespace
}  // namespace microframe::ws
