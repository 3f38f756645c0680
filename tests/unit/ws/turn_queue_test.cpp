// Whose turn it is: one long one per iteration.
#include "ws/turn_queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/net/loop_thread.hpp"

namespace microframe::ws {
namespace {

TEST(TurnQueue, A03_BehindALongTurnTheNextWaitsForALaterIteration) {
  net::LoopThread thread;
  LongTurns long_turns;
  TurnQueue queue(thread.loop, long_turns);
  std::vector<std::uint64_t> at;
  thread.on_loop([&] {
    for (int i = 0; i < 5; ++i) {
      queue.add([&] {
        at.push_back(thread.loop.iteration());
        long_turns.note(thread.loop.iteration());
      });
    }
  });
  std::size_t done = 0;
  while (done < 5) thread.on_loop([&] { done = at.size(); });
  for (std::size_t i = 1; i < at.size(); ++i) EXPECT_GT(at[i], at[i - 1]) << i;
}

TEST(TurnQueue, TurnsThatAreShortFollowEachOtherInTheirOrder) {
  net::LoopThread thread;
  LongTurns long_turns;
  TurnQueue queue(thread.loop, long_turns);
  std::string order;
  thread.on_loop([&] {
    for (const char letter : {'a', 'b', 'c'}) queue.add([&order, letter] { order += letter; });
  });
  std::size_t done = 0;
  while (done < 3) thread.on_loop([&] { done = order.size(); });
  EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace microframe::ws
