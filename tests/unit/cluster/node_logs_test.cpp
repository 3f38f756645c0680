// Rooms that keep their messages: each is a log of the broker.

#include <gtest/gtest.h>

#include "unit/cluster/fake_process.hpp"

namespace test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kLog = "log /chat kept";

class NodeLogs : public Nodes {};

TEST_F(NodeLogs, EveryNodeTheOwnOneTooIsGivenWhatIsAppended) {
  const Process one = join("n1"), other = join("n2");
  one->open("kept");
  other->open("kept");
  soon();
  const Names opened{"kept moved to 1:0", "opened kept"};
  EXPECT_EQ(one->hub.take(), opened);
  EXPECT_EQ(other->hub.take(), opened);
  one->append("kept", "a");
  other->append("kept", "b");
  soon();
  EXPECT_EQ(one->hub.take(), (Names{"kept #1 a", "kept #2 b"}));
  EXPECT_EQ(other->hub.take(), (Names{"kept #1 a", "kept #2 b"}));
}

TEST_F(NodeLogs, AnAppendTellsWhatCameOfIt) {
  const Process one = join("n1");
  Names told;
  const auto append = [&](const std::string& once) {
    one->site.append("kept", FakeProcess::policy("kept"), frame("a"), {}, once, [&](auto given) {
      told.push_back(given ? to_string(given->position) + (given->repeated ? " again" : "")
                           : "failed");
    });
  };
  append("s/1");
  append("s/1");
  soon();
  EXPECT_EQ(told, (Names{"1:1", "1:1 again"}));
  one->broker.set_up(false);
  append("s/2");
  soon();
  EXPECT_EQ(told.back(), "failed");
}

TEST_F(NodeLogs, WhatALogKeepsIsReadAlthoughTheRoomIsNotOpen) {
  const Process one = join("n1"), other = join("n2");
  const auto read = [&](std::uint64_t since, std::size_t limit) {
    Names told;
    other->site.history("kept", FakeProcess::policy("kept"), since, limit, [&](const auto& kept) {
      if (!kept) return told.push_back("failed");
      for (const auto& message : *kept)
        told.push_back("#" + std::to_string(message.offset) + " " + message.content);
      told.push_back("end");
    });
    soon();
    return told;
  };
  EXPECT_EQ(read(0, 10), Names{"end"});
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g"}) one->append("kept", text);
  soon();
  EXPECT_EQ(read(0, 10), (Names{"#3 c", "#4 d", "#5 e", "#6 f", "#7 g", "end"}));
  EXPECT_EQ(read(0, 2), (Names{"#3 c", "#4 d", "end"}));
  EXPECT_EQ(read(6, 10), (Names{"#7 g", "end"}));
  EXPECT_EQ(read(7, 10), Names{"end"});
  EXPECT_EQ(read(0, 0), Names{"end"});
  other->broker.set_up(false);
  EXPECT_EQ(read(0, 10), Names{"failed"});
}

TEST_F(NodeLogs, ARoomOpensWithAllThatItsLogHas) {
  const Process one = join("n1");
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g"}) one->append("kept", text);
  soon();
  one->open("kept");
  soon();
  EXPECT_EQ(one->hub.take(), (Names{"kept moved to 1:2", "kept #3 c", "kept #4 d", "kept #5 e",
                                    "kept #6 f", "kept #7 g", "opened kept"}));
  // Again, once its hub has forgotten it.
  one->site.close("kept");
  one->append("kept", "h");
  soon();
  EXPECT_EQ(one->hub.take(), Names());
  one->open("kept");
  soon();
  EXPECT_EQ(one->hub.take().front(), "kept moved to 1:3");
}

TEST_F(NodeLogs, WhatWasMissedIsReadWhenTheSubscriptionIsBack) {
  const Process one = join("n1"), other = join("n2");
  other->open("kept");
  soon();
  one->append("kept", "a");
  soon();
  other->hub.take();
  other->broker.interrupt();
  one->append("kept", "b");
  one->append("kept", "c");
  soon();
  EXPECT_EQ(other->hub.take(), Names());
  other->broker.restore();
  soon();
  EXPECT_EQ(other->hub.take(), (Names{"kept #2 b", "kept #3 c"}));
  EXPECT_EQ(other->node.counts().interruptions, 1u);
  EXPECT_EQ(other->node.counts().log_forks, 0u);
}

TEST_F(NodeLogs, WhatNobodyNoticedIsReadWithinTwoSeconds) {
  const Process one = join("n1"), other = join("n2");
  other->open("kept");
  soon();
  other->hub.take();
  // The broker drops its subscription, and says nothing.
  bus->unfollow(kLog, other->broker.line());
  one->append("kept", "a");
  pass(milliseconds(2200));
  EXPECT_EQ(other->hub.take(), Names{"kept #1 a"});
  EXPECT_EQ(other->node.counts().log_gaps, 1u);
}

TEST_F(NodeLogs, AGapIsFilledBeforeWhatFollows) {
  const Process one = join("n1"), other = join("n2");
  other->open("kept");
  soon();
  other->hub.take();
  bus->unfollow(kLog, other->broker.line());
  one->append("kept", "a");
  bus->follow(kLog, other->broker.line());
  one->append("kept", "b");
  soon();
  EXPECT_EQ(other->hub.take(), (Names{"kept #1 a", "kept #2 b"}));
}

TEST_F(NodeLogs, WhatTheLogNoLongerHasIsSaid) {
  const Process one = join("n1"), other = join("n2");
  other->open("kept");
  soon();
  other->hub.take();
  other->broker.interrupt();
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g"}) one->append("kept", text);
  other->broker.restore();
  soon();
  EXPECT_EQ(other->hub.take(), (Names{"kept moved to 1:2", "kept #3 c", "kept #4 d", "kept #5 e",
                                      "kept #6 f", "kept #7 g"}));
  EXPECT_EQ(other->node.counts().log_losses, 1u);
}

// As in the failover of 2026-11-29: a replica lacks three messages, is promoted, and numbers others alike.
TEST_F(NodeLogs, AForkIsNoticedAndGetsANewEpoch) {
  const Process one = join("n1"), other = join("n2");
  one->open("kept");
  other->open("kept");
  for (const char* text : {"a", "b", "c", "d"}) one->append("kept", text);
  soon();
  one->hub.take();
  other->hub.take();
  one->broker.set_up(false);
  other->broker.set_up(false);
  bus->roll_back(kLog, 3);
  other->broker.set_up(true);
  for (const char* text : {"X", "Y", "Z", "W"}) other->append("kept", text);
  one->broker.set_up(true);
  pass(seconds(3));
  const Names renewed{"kept moved to 2:0", "kept #1 a", "kept #2 X",
                      "kept #3 Y",         "kept #4 Z", "kept #5 W"};
  EXPECT_EQ(one->hub.take(), renewed);
  EXPECT_EQ(other->hub.take(), renewed);
  EXPECT_GE(one->node.counts().log_forks + other->node.counts().log_forks, 1u);
}

TEST_F(NodeLogs, AShorterLogIsNoticedBeforeAnythingIsAppended) {
  const Process one = join("n1");
  one->open("kept");
  for (const char* text : {"a", "b", "c"}) one->append("kept", text);
  soon();
  one->hub.take();
  bus->roll_back(kLog, 2);
  pass(seconds(3));
  EXPECT_EQ(one->hub.take(), (Names{"kept moved to 2:0", "kept #1 a"}));
}

TEST_F(NodeLogs, AFlushedLogGoesOnUnderANewEpoch) {
  const Process one = join("n1"), other = join("n2");
  one->open("kept");
  other->open("kept");
  one->append("kept", "a");
  soon();
  one->hub.take();
  other->hub.take();
  bus->forget();
  one->append("kept", "b");
  soon();
  const Names moved{"kept moved to 2:0", "kept #1 b"};
  EXPECT_EQ(one->hub.take(), moved);
  EXPECT_EQ(other->hub.take(), moved);
  // Also where nobody appends.
  bus->forget();
  pass(seconds(3));
  EXPECT_EQ(one->hub.take(), Names{"kept moved to 3:0"});
  EXPECT_EQ(other->hub.take(), Names{"kept moved to 3:0"});
}

TEST_F(NodeLogs, AnEntryOfALaterVersionIsLostAndSaid) {
  const Process one = join("n1");
  one->open("kept");
  soon();
  one->hub.take();
  hub::Broker::Append what;
  what.log = kLog;
  what.bytes = "\x7F of a later version";
  what.kept_max = 5;
  what.age_max = seconds(60);
  one->broker.append(what, [](auto) {});
  one->append("kept", "a");
  soon();
  EXPECT_EQ(one->hub.take(), (Names{"kept moved to 1:1", "kept #2 a"}));
  EXPECT_EQ(one->node.counts().not_understood, 1u);
}

TEST_F(NodeLogs, AReadThatFailsIsMadeAgain) {
  const Process one = join("n1"), other = join("n2");
  other->open("kept");
  soon();
  other->hub.take();
  bus->unfollow(kLog, other->broker.line());
  one->append("kept", "a");
  pass(milliseconds(1));
  other->broker.set_up(false);
  pass(seconds(5));
  other->broker.set_up(true);
  pass(seconds(3));
  EXPECT_EQ(other->hub.take(), Names{"kept #1 a"});
}

TEST_F(NodeLogs, ARoomThatHasClosedMissesNothing) {
  const Process one = join("n1");
  one->open("kept");
  soon();
  bus->unfollow("log /chat kept", one->broker.line());
  one->append("kept", "a");
  pass(milliseconds(1900));  // until the positions are told, and not yet looked at
  one->site.close("kept");
  soon();
  EXPECT_EQ(one->node.counts().log_gaps, 0u);
}

}  // namespace
}  // namespace test
