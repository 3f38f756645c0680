// How a program ends whose configuration is wrong, and which catches nothing.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "microframe/config_error.hpp"

namespace microframe {
namespace {

// An exception that leaves it ends the program, as one that leaves main().
void leave_main(void (*what)()) noexcept {
  what();
}

TEST(UncaughtConfigError, EndsTheProgramWithItsWordsAndStatus1) {
  EXPECT_EXIT(leave_main([] { throw ConfigError("the key is missing: write one"); }),
              testing::ExitedWithCode(1), "^microframe: the key is missing: write one\n$");
}

TEST(UncaughtConfigError, ForgottenVariableIsNamedWithTheLineToType) {
  EXPECT_EXIT(leave_main([] {
                ::unsetenv("MICROFRAME_FORGOTTEN");
                env("MICROFRAME_FORGOTTEN");
              }),
              testing::ExitedWithCode(1), "export MICROFRAME_FORGOTTEN=");
}

TEST(UncaughtConfigError, OtherExceptionsStillAbort) {
  const auto throw_other = [] {
    try {
      throw ConfigError("caught");
    } catch (const ConfigError&) {
    }
    throw std::runtime_error("another fault");
  };
  EXPECT_EXIT(leave_main(throw_other), testing::KilledBySignal(SIGABRT), "another fault");
}

TEST(UncaughtConfigError, AProgramsOwnTerminateHandlerStays) {
  const auto with_own = [] {
    std::set_terminate([] {
      std::fputs("the program's own\n", stderr);
      std::_Exit(7);
    });
    throw ConfigError("words");
  };
  EXPECT_EXIT(leave_main(with_own), testing::ExitedWithCode(7), "^the program's own\n$");
}

}  // namespace
}  // namespace microframe
