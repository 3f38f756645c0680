// A stall of the network or of a loop: what it has held up comes at once, and is no flood. By the
// number of the fault that was found in use.

#include <chrono>
#include <string>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using test::RawClient;

class Stalls : public test::AppTest {
 protected:
  test::EchoChat& echo = app.route<test::EchoChat>("/ws", auth);

  // The messages of six seconds at half the limit.
  int held_up() const { return static_cast<int>(6 * limits.messages_per_second / 2); }
};

TEST_F(Stalls, A10_WhatAStallHasHeldUpIsTakenThoughItComesAtOnce) {
  start(1);
  RawClient alice = client("alice");
  ASSERT_GT(held_up(), limits.messages_burst);
  std::string segment;
  for (int i = 0; i < held_up(); ++i) segment += test::frame(0x81, std::to_string(i));
  ASSERT_TRUE(alice.send(segment));
  for (int i = 0; i < held_up(); ++i) ASSERT_EQ(alice.read_text(), std::to_string(i));
  EXPECT_EQ(echo.disconnects, 0);
}

TEST_F(Stalls, A10_ASessionsMessagesAreTakenToo) {
  start(1);
  test::V1Client alice(std::make_unique<RawClient>(app.port()), token("alice"));
  std::string segment;
  for (int i = 1; i <= held_up(); ++i)
    segment += test::frame(0x81, R"({"t":"message","id":)" + std::to_string(i) + R"(,"data":1})");
  ASSERT_TRUE(alice.stream().send(segment));
  alice.answer_to(static_cast<std::uint64_t>(held_up()));
  EXPECT_EQ(echo.messages, held_up());
  EXPECT_EQ(echo.disconnects, 0);
}

}  // namespace
}  // namespace microframe
