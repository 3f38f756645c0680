// Who is in the cluster: nodes that come, are killed, stall and come back, and their users.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "microframe/config_error.hpp"

#include "unit/cluster/fake_process.hpp"

namespace test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NodeMembers : public Nodes {
 protected:
  // As by kill -9.
  static void kill(Process& process) {
    process->node.stop();
    process.reset();
  }
  static Names sorted(Names names) {
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(NodeMembers, KnowEachOthersUsers) {
  const Process one = join("n1"), other = join("n2");
  one->put("alice", {"room"});
  one->put("bob");
  other->put("bob", {"room", "who"});
  soon();
  EXPECT_EQ(other->site.users(), (Names{"alice", "bob"}));
  EXPECT_EQ(other->site.room_members("room"), Names{"alice"});
  EXPECT_EQ(one->site.room_members("room"), Names{"bob"});
  EXPECT_EQ(one->site.user_rooms("bob"), (Names{"room", "who"}));
  EXPECT_EQ(one->site.rooms(), (Names{"room", "who"}));
  EXPECT_EQ(one->site.presence("who").count("bob"), 1u);
  EXPECT_EQ(other->site.connections(), 2u);
  EXPECT_EQ(other->site.devices("bob"), 1u) << "elsewhere";
  one->remove("alice");
  soon();
  EXPECT_EQ(other->site.users(), Names{"bob"});
}

TEST_F(NodeMembers, TellWhatHasChangedWithin20Milliseconds) {
  const Process one = join("n1"), other = join("n2");
  pass(milliseconds(300));
  const std::uint64_t before = one->node.messages_out();
  for (int i = 0; i < 100; ++i) one->put("user" + std::to_string(i));
  pass(milliseconds(21));
  EXPECT_EQ(other->site.users().size(), 100u);
  EXPECT_EQ(one->node.messages_out(), before + 1) << "in one batch";
}

TEST_F(NodeMembers, ANewcomerIsToldTheWholeAtOnce) {
  const Process one = join("n1");
  for (int i = 0; i < 1200; ++i) one->put("user" + std::to_string(i));
  soon();
  const Process other = join("n2");
  EXPECT_EQ(other->site.users().size(), 1200u);
  const auto others = other->node.others();
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].name, "n1");
  EXPECT_TRUE(others[0].known);
  EXPECT_LE(others[0].heard_ms_ago, 100u);
}

TEST_F(NodeMembers, WhatWasMissedIsToldAnew) {
  const Process one = join("n1"), other = join("n2");
  other->broker.interrupt();
  one->put("alice");
  soon();
  other->broker.restore();
  // The next change shows the gap.
  one->put("bob");
  soon();
  EXPECT_EQ(other->site.users(), (Names{"alice", "bob"}));
  EXPECT_EQ(other->node.directory_size().gaps, 1u);
  // So does the next beat.
  other->broker.interrupt();
  one->put("carol");
  soon();
  other->broker.restore();
  pass(seconds(4));
  EXPECT_EQ(other->site.users(), (Names{"alice", "bob", "carol"}));
}

TEST_F(NodeMembers, PresenceOfOthersIsToldToOpenRooms) {
  const Process one = join("n1"), other = join("n2");
  one->put("alice", {"who"});
  soon();
  other->open("who");
  soon();
  EXPECT_EQ(other->hub.take(), Names{"opened who +alice"});
  one->put("bob", {"who", "who else"});
  soon();
  EXPECT_EQ(other->hub.take(), Names{"presence who +bob"});
  one->put("alice");
  soon();
  EXPECT_EQ(other->hub.take(), Names{"presence who -alice"});
  other->site.close("who");
  one->remove("bob");
  soon();
  EXPECT_EQ(other->hub.take(), Names());
  other->open("who");
  soon();
  EXPECT_EQ(other->hub.take(), Names{"opened who"});
}

// --- a node dies

TEST_F(NodeMembers, AKilledNodeIsForgottenWhenItsLeaseEnds) {
  Process one = join("n1");
  const Process other = join("n2"), third = join("n3");
  one->put("alice", {"who"});
  one->put("bob");
  third->put("bob");
  other->open("who");
  soon();
  for (FakeProcess* each : {one.get(), other.get(), third.get()}) each->events.take();
  other->hub.take();
  kill(one);
  pass(seconds(14));
  EXPECT_EQ(other->hub.take(), Names{"presence who -alice"});
  EXPECT_EQ(other->site.users(), Names{"bob"});
  EXPECT_EQ(third->site.users(), Names());
  EXPECT_EQ(other->node.counts().nodes_lost, 1u);
  ASSERT_EQ(other->node.others().size(), 1u);
  EXPECT_EQ(other->node.others()[0].name, "n3");
  // One of the two has told of alice, who is nowhere, and nobody of bob.
  Names told = other->events.take();
  for (const std::string& event : third->events.take()) told.push_back(event);
  EXPECT_EQ(told, Names{"-alice"});
}

TEST_F(NodeMembers, WhoseBrokerIsAwayTellsOfTheDeadWhenItIsBack) {
  Process one = join("n1");
  const Process other = join("n2");
  one->put("alice");
  soon();
  kill(one);
  // Found dead at the moment at which the broker goes.
  pass(seconds(8));
  other->broker.set_up(false);
  pass(seconds(20));
  EXPECT_EQ(other->events.take(), Names());
  other->broker.set_up(true);
  pass(seconds(5));
  EXPECT_EQ(other->events.take(), Names{"-alice"});
}

TEST_F(NodeMembers, ANodeThatLeavesIsForgottenAtOnce) {
  Process one = join("n1");
  const Process other = join("n2");
  one->put("alice");
  one->put("bob");
  soon();
  bool left = false;
  one->node.leave([&] { left = true; });
  pass(milliseconds(10));
  EXPECT_TRUE(left);
  EXPECT_EQ(other->site.users(), Names());
  EXPECT_EQ(other->node.counts().nodes_lost, 0u);
  kill(one);
  // Bob has come back elsewhere in time.
  other->put("bob");
  pass(seconds(6));
  EXPECT_EQ(other->events.take(), Names{"-alice"});
  // The name is free.
  const Process again = join("n1");
}

TEST_F(NodeMembers, AKilledNodeComesBackUnderItsName) {
  Process one = join("n1");
  const Process other = join("n2");
  one->put("alice", {"who"});
  one->put("bob", {"who"});
  other->open("who");
  soon();
  other->hub.take();
  other->events.take();
  kill(one);
  one = make("n1");
  // The lease of the former incarnation must end first.
  pass(seconds(12));
  EXPECT_EQ(one->events.take(), Names{"started"});
  one->put("bob", {"who"});
  pass(seconds(6));
  EXPECT_EQ(other->site.users(), Names{"bob"});
  Names told = one->events.take();
  for (const std::string& event : other->events.take()) told.push_back(event);
  EXPECT_EQ(told, Names{"-alice"}) << "bob has always been there, as far as anybody was told";
}

TEST_F(NodeMembers, TheOnlyNodeThatIsKilledSettlesItsOwnUsers) {
  Process one = join("n1");
  one->put("alice");
  soon();
  kill(one);
  one = make("n1");
  pass(seconds(20));
  EXPECT_EQ(one->events.take(), (Names{"started", "-alice"}));
}

// --- names

TEST_F(NodeMembers, TheOnlyNodeSettlesItsOwnUsersThoughItsBrokerWasAwayAtItsStart) {
  Process only = make("n1");
  // Just before it writes down who it is.
  std::function<void()> cut = [&] {
    if (only->events.said.empty()) return world.add(world.now_ms(), cut);
    only->broker.set_up(false);
  };
  cut();
  soon();
  only->broker.set_up(true);
  only->put("alice");
  pass(seconds(2));
  EXPECT_EQ(only->events.take(), (Names{"started", "+alice"}));
  kill(only);
  only = make("n1");
  pass(seconds(20));
  EXPECT_EQ(only->events.take(), (Names{"started", "-alice"}));
}

TEST_F(NodeMembers, ASecondNodeOfTheSameNameIsRefused) {
  const Process one = join("n1");
  const Process second = make("n1");
  pass(seconds(8));
  EXPECT_EQ(second->events.take(), Names{"refused"});
  one->put("alice");
  soon();
  EXPECT_EQ(one->events.take(), Names{"+alice"}) << "the first goes on";
}

TEST_F(NodeMembers, ANodeWhoseNameWasTakenWhileItStalledIsRefused) {
  const Process one = join("n1");
  one->timeline.stall();
  pass(seconds(12));
  const Process second = join("n1");
  one->timeline.go_on();
  pass(seconds(4));
  EXPECT_EQ(one->events.take(), Names{"refused"});
  EXPECT_EQ(second->events.take(), Names());
}

TEST_F(NodeMembers, BadNamesAreRefusedInPlainWords) {
  for (const std::string& name : Names{"", "a b", "a\n", std::string(65, 'a')})
    EXPECT_THROW(FakeProcess(world, bus, name, 1), microframe::ConfigError) << name;
  const Process one = join("n1");
  EXPECT_THROW(one->node.add_site("/chat", one->hub), microframe::ConfigError);
  EXPECT_THROW(one->node.add_site("/a b", one->hub), microframe::ConfigError);
  EXPECT_THROW(one->node.add_site(std::string(201, 'a'), one->hub), microframe::ConfigError);
}

TEST_F(NodeMembers, ANodeStartsWhenItsBrokerCanBeReached) {
  auto one = std::make_unique<FakeProcess>(world, bus, "n1", 77);
  one->broker.set_up(false);
  one->node.start();
  one->put("alice");
  pass(seconds(5));
  EXPECT_EQ(one->events.take(), Names());
  one->broker.set_up(true);
  pass(seconds(2));
  EXPECT_EQ(one->events.take(), (Names{"started", "+alice"}));
}

// --- stalls and losses

TEST_F(NodeMembers, AStalledNodeIsHeldForDeadAndComesBack) {
  const Process one = join("n1"), other = join("n2");
  one->put("alice");
  soon();
  one->events.take();
  one->timeline.stall();
  pass(seconds(16));
  EXPECT_EQ(other->site.users(), Names());
  EXPECT_EQ(other->events.take(), Names{"-alice"});
  one->timeline.go_on();
  pass(seconds(4));
  EXPECT_EQ(other->site.users(), Names{"alice"});
  EXPECT_EQ(one->events.take(), Names{"+alice"});
  // It can die once more.
  one->timeline.stall();
  pass(seconds(16));
  EXPECT_EQ(other->events.take(), Names{"-alice"});
}

TEST_F(NodeMembers, WhoComesBeforeTheNodeKnowsThatItWasHeldForDeadGoesOfflineAllTheSame) {
  const Process one = join("n1"), other = join("n2");
  one->broker.set_up(false);
  pass(seconds(16));
  one->broker.set_up(true);
  one->put("alice");
  soon();
  EXPECT_EQ(one->events.take(), Names{"+alice"});
  one->remove("alice");
  pass(seconds(10));
  EXPECT_EQ(one->events.take(), Names{"-alice"});
  EXPECT_EQ(other->events.take(), Names());
}

TEST_F(NodeMembers, ABrokerThatHasLostEverythingKillsNobody) {
  const Process one = join("n1"), other = join("n2");
  one->put("alice");
  other->put("bob");
  soon();
  one->events.take();
  other->events.take();
  for (int i = 0; i < 20; ++i) {
    bus->forget();
    pass(milliseconds(730));
  }
  pass(seconds(10));
  EXPECT_EQ(one->node.counts().nodes_lost + other->node.counts().nodes_lost, 0u);
  EXPECT_GE(one->node.counts().broker_losses, 1u);
  EXPECT_EQ(one->site.users(), Names{"bob"});
  EXPECT_EQ(one->events.take(), Names()) << "nobody has come or gone";
  EXPECT_EQ(other->events.take(), Names());
  // They are on the roll again.
  one->remove("alice");
  pass(seconds(6));
  EXPECT_EQ(one->events.take(), Names{"-alice"});
}

// --- online and offline

TEST_F(NodeMembers, OnlineAndOfflineAreToldOnceInTheCluster) {
  const Process one = join("n1"), other = join("n2");
  one->put("alice");
  soon();
  EXPECT_EQ(one->events.take(), Names{"+alice"});
  other->put("alice");
  soon();
  one->remove("alice");
  pass(seconds(10));
  EXPECT_EQ(one->events.take(), Names());
  EXPECT_EQ(other->events.take(), Names());
  other->remove("alice");
  pass(milliseconds(4900));
  EXPECT_EQ(other->events.take(), Names());
  pass(milliseconds(200));
  EXPECT_EQ(other->events.take(), Names{"-alice"});
}

TEST_F(NodeMembers, AReloadPassesUnseen) {
  const Process one = join("n1"), other = join("n2");
  one->put("alice");
  soon();
  one->events.take();
  for (int i = 0; i < 5; ++i) {
    one->remove("alice");
    pass(seconds(3));
    one->put("alice");
    pass(seconds(3));
  }
  // The last time on the other node.
  one->remove("alice");
  pass(seconds(3));
  other->put("alice");
  pass(seconds(10));
  EXPECT_EQ(one->events.take(), Names());
  EXPECT_EQ(other->events.take(), Names());
}

TEST_F(NodeMembers, OnlineIsToldLaterWhereTheBrokerWasAway) {
  const Process one = join("n1");
  one->broker.set_up(false);
  one->put("alice");
  one->put("bob");
  soon();
  one->remove("bob");
  pass(seconds(10));
  EXPECT_EQ(one->events.take(), Names());
  one->broker.set_up(true);
  pass(seconds(2));
  EXPECT_EQ(one->events.take(), Names{"+alice"});
}

// --- probes

TEST_F(NodeMembers, ANodeIsReadyWhileItsProbesComeBack) {
  auto one = std::make_unique<FakeProcess>(world, bus, "n1", 77);
  EXPECT_FALSE(one->node.is_ready());
  one->node.start();
  soon();
  EXPECT_TRUE(one->node.is_ready());
  // The broker answers, and what is published does not come back.
  one->broker.interrupt();
  pass(seconds(4));
  EXPECT_TRUE(one->broker.is_up());
  EXPECT_FALSE(one->node.is_ready());
  one->broker.restore();
  pass(seconds(1));
  EXPECT_TRUE(one->node.is_ready());
  EXPECT_LE(one->node.probe_ms_ago(), 1000u);
}

// --- users that go from one node to another ---

TEST_F(NodeMembers, ALetterIsReadByTheSameEndpointElsewhere) {
  const Process one = join("n1"), other = join("n2"), third = join("n3");
  one->site.letter("n2", "to one");
  one->site.letter({}, "to all");
  soon();
  EXPECT_EQ(other->hub.take(), (Names{"letter of n1: to one", "letter of n1: to all"}));
  EXPECT_EQ(third->hub.take(), Names{"letter of n1: to all"});
  EXPECT_EQ(one->hub.take(), Names());
}

TEST_F(NodeMembers, WhatHasChangedIsKnownEverywhereWhenThatIsAsked) {
  const Process one = join("n1"), other = join("n2"), third = join("n3");
  one->put("alice");
  bool known = false;
  one->site.when_known([&] {
    known = true;
    EXPECT_EQ(other->site.users(), Names{"alice"});
    EXPECT_EQ(third->site.users(), Names{"alice"});
  });
  world.settle();
  EXPECT_TRUE(known) << "at once, not at the next change that is told";
}

TEST_F(NodeMembers, WhoDoesNotAnswerIsWaitedForASecondAtMost) {
  const Process one = join("n1");
  Process other = join("n2");
  soon();
  kill(other);
  bool known = false;
  one->site.when_known([&] { known = true; });
  pass(milliseconds(900));
  EXPECT_FALSE(known);
  pass(milliseconds(200));
  EXPECT_TRUE(known);
  bool alone = false;
  pass(seconds(20));
  one->site.when_known([&] { alone = true; });
  world.settle();
  EXPECT_TRUE(alone);
}

TEST_F(NodeMembers, ADeviceThatIsOnAnotherNodeByThenHasNotLeft) {
  const Process one = join("n1"), other = join("n2"), third = join("n3");
  third->open("who");
  soon();
  one->put("alice", {"who"});
  soon();
  third->hub.take();
  other->put("alice", {"who"});  // the same device
  soon();
  EXPECT_EQ(third->hub.take(), Names{"presence who +alice"});
  one->remove("alice");
  soon();
  EXPECT_EQ(third->hub.take(), Names());
  other->remove("alice");
  soon();
  EXPECT_EQ(third->hub.take(), Names{"presence who -alice"});
}

}  // namespace
}  // namespace test
