// The users of one node on the roll of those who are anywhere, where others have taken that node for dead.

#include "cluster/online_roll.hpp"

#include <gtest/gtest.h>

#include "cluster/names.hpp"
#include "unit/cluster/fake_process.hpp"

namespace test {
namespace {

constexpr const char* kEntry = "n1 7";

class OnlineRoll : public testing::Test {
 protected:
  OnlineRoll() {
    broker.start(deaf);
    roll.start();
    roll.set("alice", true);
    world.settle();
    EXPECT_EQ(events.take(), Names{"+alice"});
  }
  // What another node does that takes this one for dead.
  void strike() { bus->strike(cluster::online_roll("/chat"), kEntry); }

  class Deaf final : public hub::Broker::Listener {
    void on_message(std::string_view, std::string_view) override {}
    void on_entry(std::string_view, std::uint64_t, const hub::Broker::Entry&) override {}
    void on_interrupted() override {}
    void on_restored() override {}
  };

  FakeWorld world;
  FakeTimeline timeline{world};
  std::shared_ptr<cluster::MemoryBus> bus = std::make_shared<cluster::MemoryBus>();
  Deaf deaf;
  cluster::MemoryBroker broker{bus, timeline};
  cluster::Turns turns{timeline};
  FakeEvents events;
  cluster::OnlineRoll roll{broker, turns, events, "/chat", kEntry, std::chrono::seconds(5)};
};

// The lease was missing before the note was there that says that others have seen to this node.
TEST_F(OnlineRoll, WhoWasEnteredQuietlyAfterAStrikeIsOnlineOnceThatIsKnown) {
  strike();
  roll.enter_again(false);
  world.settle();
  EXPECT_EQ(events.take(), Names());
  roll.enter_again(true);
  world.settle();
  EXPECT_EQ(events.take(), Names{"+alice"});
}

TEST_F(OnlineRoll, WhoWasStruckAfterThatIsToldOfOnce) {
  bus->forget();
  roll.enter_again(false);
  world.settle();
  strike();
  roll.enter_again(true);
  world.settle();
  EXPECT_EQ(events.take(), Names{"+alice"});
}

TEST_F(OnlineRoll, WhatTheBrokerHasForgottenIsEnteredQuietly) {
  bus->forget();
  roll.enter_again(false);
  world.settle();
  EXPECT_EQ(events.take(), Names());
  roll.set("alice", false);
  world.pass(std::chrono::seconds(6));
  EXPECT_EQ(events.take(), Names{"-alice"});
}

}  // namespace
}  // namespace test
