// Fault injection: in each flow, each allocation and each system call of the server's loops fails
// once, and in further runs every n-th one. Nothing crashes or leaks, every connection ends, and
// the next connection works.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/log.hpp"
#include "faults/fault.hpp"
#include "faults/flows.hpp"
#include "faults/stage.hpp"

namespace test {

static void PrintTo(const Flow& flow, std::ostream* out) {
  *out << flow.name;
}

namespace {

// More events than any flow has.
constexpr std::size_t kPointsMax = 2000;

std::string describe(const Fault& fault) {
  return "at " + std::to_string(fault.at) + ", every " + std::to_string(fault.every) +
         ", variant " + std::to_string(fault.variant) + ", " + last_struck();
}

// Plays one flow with one fault.
Outcome play(Stage& stage, const Flow& flow, const Fault& fault) {
  arm(fault);
  try {
    flow.play(stage);
  } catch (const Ended&) {
  } catch (const std::exception& error) {
    ADD_FAILURE() << "stuck " << describe(fault) << ": " << error.what();
    return disarm();
  }
  if (fault.every != 0) disarm();  // a connection must be able to end
  try {
    stage.settle();
    disarm();
    stage.check_healthy();
    stage.settle();
  } catch (const Ended&) {
    ADD_FAILURE() << "the next connection failed, " << describe(fault);
  } catch (const std::exception& error) {
    disarm();
    ADD_FAILURE() << describe(fault) << ": " << error.what();
  }
  return disarm();
}

class Faults : public testing::TestWithParam<Flow> {
 protected:
  static void SetUpTestSuite() {
    microframe::base::log::set_level(microframe::base::log::Level::warning);
  }

  // Plays the fault at every point, until two in a row lie behind the flow's end.
  void sweep(Fault fault) {
    Stage stage;
    int missed = 0;
    std::size_t struck = 0;
    for (fault.at = 1; fault.at < kPointsMax && missed < 2 && !HasFailure(); ++fault.at) {
      const Outcome outcome = play(stage, GetParam(), fault);
      missed = outcome.due != 0 ? 0 : missed + 1;
      struck += outcome.struck;
    }
    stage.settle_sessions();
    EXPECT_GT(struck, 0U) << "no fault ever struck";
    EXPECT_LT(fault.at, kPointsMax);
  }
};

TEST_P(Faults, EachAllocationFails) {
  sweep({Fault::Kind::allocation, 1, 0, 0});
}

TEST_P(Faults, EveryNthAllocationFails) {
  if (GetParam().slow) return;
  Stage stage;
  std::size_t struck = 0;
  for (const std::size_t every : {2, 3, 5, 7, 11, 13, 17, 23, 31}) {
    for (std::size_t at = 1; at <= every && at <= 7 && !HasFailure(); ++at) {
      struck += play(stage, GetParam(), {Fault::Kind::allocation, at, every, 0}).struck;
    }
  }
  stage.settle_sessions();
  EXPECT_GT(struck, 0U) << "no fault ever struck";
}

TEST_P(Faults, EachSystemCallFailsInEachWay) {
  const std::size_t variants = GetParam().slow ? 1 : kVariants;
  for (std::size_t variant = 0; variant < variants && !HasFailure(); ++variant) {
    sweep({Fault::Kind::system_call, 1, 0, variant});
  }
}

std::string name_of(const testing::TestParamInfo<Flow>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Flows, Faults, testing::ValuesIn(flows().begin(), flows().end()), name_of);
INSTANTIATE_TEST_SUITE_P(Sessions, Faults,
                         testing::ValuesIn(session_flows().begin(), session_flows().end()),
                         name_of);

}  // namespace
}  // namespace test
