// Frames that leave some at a time, in their order.

#include "ws/backlog.hpp"

#include <gtest/gtest.h>

#include <string>

namespace microframe::ws {
namespace {

base::SharedBuffer bytes_of(std::string_view text) {
  return base::SharedBuffer::copy(base::as_bytes(text));
}

TEST(Backlog, FramesLeaveInTheirOrderWhateverComesMeanwhile) {
  Backlog backlog;
  EXPECT_TRUE(backlog.empty());
  backlog.add_again({bytes_of("one"), bytes_of("two")});
  std::string taken(base::as_text(backlog.take().bytes()));
  backlog.add(bytes_of("four!"));
  EXPECT_EQ(backlog.bytes(), 8U);
  EXPECT_EQ(backlog.new_bytes(), 5U) << "what is sent again does not count";
  while (!backlog.empty()) taken += " " + std::string(base::as_text(backlog.take().bytes()));
  EXPECT_EQ(taken, "one two four!");
  EXPECT_EQ(backlog.bytes(), 0U);
  EXPECT_EQ(backlog.new_bytes(), 0U);
}

}  // namespace
}  // namespace microframe::ws
