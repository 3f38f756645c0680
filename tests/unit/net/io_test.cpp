// What MICROFRAME_IO in the environment says.

#include "net/io.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "microframe/config_error.hpp"

namespace microframe::net {
namespace {

class IoOfEnvironment : public testing::Test {
 protected:
  IoOfEnvironment() {
    if (const char* before = std::getenv("MICROFRAME_IO")) before_ = before;
  }
  ~IoOfEnvironment() override { set(before_ ? before_->c_str() : nullptr); }

  static void set(const char* value) {
    if (value) {
      ::setenv("MICROFRAME_IO", value, 1);
    } else {
      ::unsetenv("MICROFRAME_IO");
    }
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(IoOfEnvironment, EachWordNamesAWay) {
  set("auto");
  EXPECT_EQ(io_of_environment(), Io::automatic);
  set("plain");
  EXPECT_EQ(io_of_environment(), Io::plain);
  set("uring");
  EXPECT_EQ(io_of_environment(), Io::uring);
}

TEST_F(IoOfEnvironment, WithoutAWordTheKernelDecides) {
  set(nullptr);
  EXPECT_EQ(io_of_environment(), Io::automatic);
}

TEST_F(IoOfEnvironment, AnyOtherWordIsRefusedByName) {
  for (const char* word : {"", "Plain", "epoll"}) {
    set(word);
    try {
      io_of_environment();
      ADD_FAILURE() << "took \"" << word << '"';
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find('"' + std::string(word) + '"'), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace microframe::net
