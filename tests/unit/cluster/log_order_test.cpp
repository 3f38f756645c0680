#include "cluster/log_order.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace microframe::cluster {
namespace {

using hub::Broker;
using Wish = LogOrder::Wish;

// The tag of a message is that of its text.
Broker::Entry message(std::uint64_t offset, const std::string& text) {
  return {offset, std::hash<std::string>()(text), {}, text};
}

// Entries from an offset on, one letter each.
Broker::Page page(std::uint64_t epoch, std::uint64_t first, const std::string& letters) {
  Broker::Page result{epoch, first - 1 + letters.size(), {}};
  for (std::size_t i = 0; i < letters.size(); ++i)
    result.entries.push_back(message(first + i, letters.substr(i, 1)));
  return result;
}

// "<1:0> a b" for a move to epoch 1, offset 0, and two messages.
std::string said(const LogOrder::Steps& steps) {
  std::string text;
  for (const LogOrder::Step& step : steps) {
    if (!text.empty()) text += " ";
    text += step.entry ? step.entry->bytes
                       : "<" + std::to_string(step.position.epoch) + ":" +
                             std::to_string(step.position.offset) + ">";
  }
  return text;
}

class LogOrders : public testing::Test {
 protected:
  std::string read(const Broker::Page& answer, std::uint64_t expected_from) {
    EXPECT_EQ(order.wish(), Wish::read);
    EXPECT_EQ(order.read_from(), expected_from);
    order.asked();
    return said(order.page(answer));
  }
  std::string entry(std::uint64_t offset, const std::string& text, std::uint64_t epoch = 1) {
    return said(order.entry(epoch, message(offset, text)));
  }
  // The log holds a, b, c.
  void open() { EXPECT_EQ(read(page(1, 1, "abc"), 0), "<1:0> a b c"); }

  LogOrder order;
};

TEST_F(LogOrders, TheTailComesFirstThenWhatIsAppended) {
  EXPECT_EQ(read(page(1, 5, "ab"), 0), "<1:4> a b");
  EXPECT_TRUE(order.is_level());
  EXPECT_EQ(entry(7, "c"), "c");
  EXPECT_EQ(order.at(), (Broker::Position{1, 7}));
}

TEST_F(LogOrders, WhatComesDuringTheReadIsMerged) {
  order.asked();
  EXPECT_EQ(entry(3, "c"), "");
  EXPECT_EQ(entry(4, "d"), "");
  EXPECT_EQ(said(order.page(page(1, 1, "abc"))), "<1:0> a b c d");
}

TEST_F(LogOrders, ALongTailIsReadInPages) {
  Broker::Page first = page(1, 1, "ab");
  first.last = 5;
  EXPECT_EQ(read(first, 0), "<1:0> a b");
  EXPECT_EQ(read(page(1, 2, "bcde"), 2), "c d e");
  EXPECT_TRUE(order.is_level());
}

TEST_F(LogOrders, AnEmptyLogIsMadeSoThatItsEpochIsKnown) {
  EXPECT_EQ(read({}, 0), "");
  EXPECT_EQ(order.wish(), Wish::renew);
  EXPECT_EQ(order.renew_epoch(), 0u);
  order.asked();
  EXPECT_EQ(said(order.renewed({4, 0})), "<4:0>");
  EXPECT_TRUE(order.is_level());
  EXPECT_EQ(entry(1, "a", 4), "a");
}

TEST_F(LogOrders, AnEmptyLogThatSomebodyFilledMeanwhileIsRead) {
  read({}, 0);
  order.asked();
  EXPECT_EQ(said(order.renewed({4, 2})), "");
  EXPECT_EQ(read(page(4, 1, "ab"), 0), "<4:0> a b");
}

TEST_F(LogOrders, ALogOfWhichAllIsTooOldHasAPosition) {
  EXPECT_EQ(read({3, 9, {}}, 0), "<3:9>");
  EXPECT_EQ(entry(10, "x", 3), "x");
}

TEST_F(LogOrders, AGapIsReadAndFilled) {
  open();
  EXPECT_EQ(entry(6, "f"), "");
  EXPECT_EQ(order.wish(), Wish::read);
  order.asked();
  EXPECT_EQ(entry(7, "g"), "");
  EXPECT_EQ(said(order.page(page(1, 3, "cdef"))), "d e f g");
  EXPECT_EQ(order.gaps(), 1u);
}

TEST_F(LogOrders, WhatTheLogNoLongerHasIsSkippedAndSaid) {
  open();
  entry(9, "i");
  EXPECT_EQ(read(page(1, 7, "ghi"), 3), "<1:6> g h i");
  EXPECT_EQ(order.losses(), 1u);
}

TEST_F(LogOrders, RepetitionsAreDropped) {
  open();
  EXPECT_EQ(entry(2, "b"), "");
  EXPECT_EQ(entry(3, "c"), "");
  EXPECT_EQ(order.wish(), Wish::nothing);
}

TEST_F(LogOrders, AnInterruptionReadsTheLastAgain) {
  open();
  order.interrupted();
  EXPECT_EQ(read(page(1, 3, "cde"), 3), "d e");
  EXPECT_TRUE(order.is_level());
  EXPECT_EQ(order.forks(), 0u);
}

TEST_F(LogOrders, AnInterruptionDuringAReadReadsAgain) {
  open();
  order.interrupted();
  order.asked();
  order.interrupted();
  EXPECT_EQ(said(order.page(page(1, 3, "c"))), "");
  EXPECT_EQ(read(page(1, 3, "cd"), 3), "d");
}

TEST_F(LogOrders, ALogThatIsShorterHasForked) {
  open();
  order.interrupted();
  EXPECT_EQ(read({1, 2, {}}, 3), "");
  EXPECT_EQ(order.wish(), Wish::renew);
  EXPECT_EQ(order.renew_epoch(), 1u);
  EXPECT_EQ(order.forks(), 1u);
  order.asked();
  EXPECT_EQ(said(order.renewed({2, 2})), "");
  EXPECT_EQ(read(page(2, 1, "ab"), 0), "<2:0> a b");
}

TEST_F(LogOrders, ALogWithAnotherMessageUnderTheSameNumberHasForked) {
  open();
  order.interrupted();
  EXPECT_EQ(read(page(1, 3, "XYZ"), 3), "");
  EXPECT_EQ(order.wish(), Wish::renew);
  EXPECT_EQ(order.forks(), 1u);
}

TEST_F(LogOrders, AForkIsSeenInWhatIsAppendedToo) {
  open();
  EXPECT_EQ(entry(2, "X"), "");
  EXPECT_EQ(order.wish(), Wish::renew);
  EXPECT_EQ(order.forks(), 1u);
}

// What was heard was lost with the master, before what is missing could be read.
TEST_F(LogOrders, ALogThatLacksWhatWasHeardHasForked) {
  open();
  EXPECT_EQ(entry(6, "f"), "");
  EXPECT_EQ(read(page(1, 3, "cd"), 3), "");
  EXPECT_EQ(order.wish(), Wish::renew);
  EXPECT_EQ(order.renew_epoch(), 1u);
  order.asked();
  order.renewed({2, 4});
  EXPECT_EQ(read(page(2, 1, "abcd"), 0), "<2:0> a b c d");
}

TEST_F(LogOrders, WhatIsHeardDuringAReadMayBeNewerThanTheRead) {
  open();
  order.interrupted();
  order.asked();
  EXPECT_EQ(entry(6, "f"), "");
  EXPECT_EQ(said(order.page(page(1, 3, "cd"))), "d");
  EXPECT_EQ(order.forks(), 0u);
  EXPECT_EQ(read(page(1, 4, "def"), 4), "e f");
}

TEST_F(LogOrders, ANewEpochIsReadFromItsStart) {
  open();
  EXPECT_EQ(entry(5, "e", 2), "");
  EXPECT_EQ(read(page(2, 1, "vwxye"), 0), "<2:0> v w x y e");
  EXPECT_EQ(entry(4, "d", 1), "") << "of the old epoch";
}

TEST_F(LogOrders, TheFirstMessageOfANewEpochNeedsNoRead) {
  open();
  EXPECT_EQ(entry(1, "x", 2), "<2:0> x");
}

TEST_F(LogOrders, ALogThatWasLostIsMadeAnew) {
  open();
  order.interrupted();
  EXPECT_EQ(read({}, 3), "");
  EXPECT_EQ(order.renew_epoch(), 0u);
  order.asked();
  EXPECT_EQ(said(order.renewed({2, 0})), "<2:0>");
}

TEST_F(LogOrders, AnOldEpochThatCameBackIsRenewed) {
  read(page(5, 1, "ab"), 0);
  order.interrupted();
  EXPECT_EQ(read(page(4, 2, "b"), 2), "");
  EXPECT_EQ(order.renew_epoch(), 4u);
}

TEST_F(LogOrders, PositionsShowWhatIsMissing) {
  open();
  order.positions_asked();
  order.position({1, 5});
  order.look();
  EXPECT_EQ(read(page(1, 3, "cde"), 3), "d e");
  EXPECT_EQ(order.gaps(), 1u);
}

TEST_F(LogOrders, WhatWasOnItsWayIsNotMissing) {
  open();
  order.positions_asked();
  order.position({1, 5});
  entry(4, "d");
  entry(5, "e");
  order.look();
  EXPECT_EQ(order.wish(), Wish::nothing);
  // Asked before two more came.
  order.positions_asked();
  entry(6, "f");
  order.position({1, 5});
  order.look();
  EXPECT_EQ(order.wish(), Wish::nothing);
}

TEST_F(LogOrders, PositionsShowAShorterLog) {
  open();
  order.positions_asked();
  order.position({1, 2});
  order.look();
  EXPECT_EQ(read({1, 2, {}}, 3), "");
  EXPECT_EQ(order.wish(), Wish::renew);
}

TEST_F(LogOrders, AFailedReadIsWishedAgain) {
  open();
  entry(5, "e");
  order.asked();
  EXPECT_EQ(order.wish(), Wish::nothing);
  order.failed();
  EXPECT_EQ(read(page(1, 3, "cde"), 3), "d e");
}

TEST_F(LogOrders, TooMuchToHoldIsReadLater) {
  open();
  order.interrupted();
  order.asked();
  const std::string large(LogOrder::kHeldBytesMax, 'x');
  entry(4, large);
  entry(5, "e");
  EXPECT_EQ(said(order.page(page(1, 3, "c"))), "");
  Broker::Page rest = page(1, 3, "c");
  rest.entries.push_back(message(4, large));
  rest.entries.push_back(message(5, "e"));
  rest.last = 5;
  EXPECT_EQ(read(rest, 3), large + " e");
}

}  // namespace
}  // namespace microframe::cluster
