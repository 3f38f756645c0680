// What nodes send each other: messages, and what the application asks of another node.

#include <gtest/gtest.h>

#include "unit/cluster/fake_process.hpp"

namespace test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NodeMessages : public Nodes {};

TEST_F(NodeMessages, ForEveryoneReachTheOtherNodes) {
  const Process one = join("n1"), other = join("n2");
  hub::Exclusion exclusion;
  exclusion.users = {"bob"};
  one->site.broadcast(frame("hello"), exclusion, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"all hello -bob"});
  EXPECT_EQ(one->hub.take(), Names()) << "the own node has delivered it already";
}

TEST_F(NodeMessages, InARoomReachTheNodesWhereItIsOpen) {
  const Process one = join("n1"), other = join("n2"), third = join("n3");
  one->open("room");
  other->open("room");
  soon();
  EXPECT_EQ(other->hub.take(), Names{"opened room"});
  one->hub.take();
  one->site.to_room("room", frame("hello"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"room hello"});
  EXPECT_EQ(one->hub.take(), Names());
  EXPECT_EQ(third->hub.take(), Names());
}

TEST_F(NodeMessages, InARoomThatHasOpenedAreHeard) {
  const Process one = join("n1"), other = join("n2");
  other->open("room");
  world.settle();
  ASSERT_EQ(other->hub.take(), Names{"opened room"});
  one->site.to_room("room", frame("at once"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"room at once"});
}

TEST_F(NodeMessages, InARoomThatHasClosedAreNotDelivered) {
  const Process one = join("n1"), other = join("n2");
  other->open("room");
  soon();
  other->site.close("room");
  soon();
  other->hub.take();
  one->site.to_room("room", frame("hello"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names());
  // Opened again within the time that it is heard, it is open at once.
  other->open("room");
  world.settle();
  EXPECT_EQ(other->hub.take(), Names{"opened room"});
  // The time of the first closing does not count any more.
  pass(seconds(40));
  one->site.to_room("room", frame("again"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"room again"});
  other->site.close("room");
  pass(seconds(40));
  other->open("room");
  soon();
  EXPECT_EQ(other->hub.take(), Names{"opened room"});
}

TEST_F(NodeMessages, InARoomThatClosesAndOpensAtOnceAreHeard) {
  const Process one = join("n1"), other = join("n2");
  other->open("room");
  other->site.close("room");
  other->open("room");
  // Told once, and only when it is heard.
  EXPECT_EQ(other->hub.take(), Names());
  soon();
  EXPECT_EQ(other->hub.take(), Names{"opened room"});
  other->site.close("room");
  other->open("room");
  other->site.close("room");
  soon();
  other->hub.take();
  one->site.to_room("room", frame("hello"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names());
}

TEST_F(NodeMessages, ForUsersGoToTheNodesThatHaveThem) {
  const Process one = join("n1"), other = join("n2"), third = join("n3");
  other->put("bob");
  third->put("bob");
  third->put("carol");
  soon();
  const std::uint64_t before = one->node.messages_out();
  EXPECT_EQ(one->site.to_users({"bob", "nobody", "carol"}, frame("hi"), 7),
            (std::vector<bool>{true, false, true}));
  EXPECT_EQ(one->site.to_users({"nobody"}, frame("hi"), 7), std::vector<bool>{false});
  one->site.to_users({"carol"}, frame("you"), 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"for bob, hi"});
  EXPECT_EQ(third->hub.take(), (Names{"for bob,carol, hi", "for carol, you"}));
  EXPECT_EQ(one->node.messages_out(), before + 2) << "one message a node and turn";
}

TEST_F(NodeMessages, ToAUserAreAheadOfWhatIsSaidNext) {
  const Process one = join("n1"), other = join("n2");
  other->put("bob");
  other->open("room");
  soon();
  other->hub.take();
  EXPECT_TRUE(one->site.join_user("bob", "room"));
  one->site.to_room("room", frame("hello"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), (Names{"join bob room", "room hello"}));
}

TEST_F(NodeMessages, WhatIsAskedForAUserIsDoneWhereTheUserIs) {
  const Process one = join("n1"), other = join("n2");
  other->put("bob");
  soon();
  other->events.take();
  EXPECT_TRUE(one->site.join_user("bob", "room"));
  EXPECT_TRUE(one->site.leave_user("bob", "room"));
  EXPECT_EQ(one->site.disconnect("bob", "banned"), 1u);
  EXPECT_FALSE(one->site.join_user("nobody", "room"));
  EXPECT_EQ(one->site.disconnect("nobody", "banned"), 0u);
  EXPECT_TRUE(one->site.evict("bob"));
  EXPECT_FALSE(one->site.evict("nobody"));
  soon();
  EXPECT_EQ(other->hub.take(),
            (Names{"join bob room", "leave bob room", "disconnect bob banned", "evict bob"}));
}

TEST_F(NodeMessages, DoNotReachTheHubOnceTheNodeHasStopped) {
  const Process one = join("n1"), other = join("n2");
  one->site.broadcast(frame("hello"), {}, 7);
  other->node.stop();
  soon();
  EXPECT_EQ(other->hub.take(), Names());
}

TEST_F(NodeMessages, AreDroppedAndCountedWhileTheBrokerIsAway) {
  const Process one = join("n1"), other = join("n2");
  one->broker.set_up(false);
  one->site.broadcast(frame("lost"), {}, 7);
  EXPECT_EQ(one->node.messages_dropped(), 1u);
  one->broker.set_up(true);
  one->site.broadcast(frame("heard"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"all heard"});
}

TEST_F(NodeMessages, ARoomOpensWithoutABrokerAndIsHeardLater) {
  const Process one = join("n1"), other = join("n2");
  other->broker.set_up(false);
  other->open("room");
  other->open("kept");
  pass(seconds(2));
  EXPECT_EQ(other->hub.take(), (Names{"opened room", "opened kept"}));
  one->append("kept", "meanwhile");
  other->broker.set_up(true);
  pass(seconds(3));
  EXPECT_EQ(other->hub.take(), (Names{"kept moved to 1:0", "kept #1 meanwhile"}));
  one->site.to_room("room", frame("hello"), {}, 7);
  soon();
  EXPECT_EQ(other->hub.take(), Names{"room hello"});
}

TEST_F(NodeMessages, OfOtherVersionsAndDamagedOnesAreCounted) {
  const Process one = join("n1");
  bus->publish("cluster", "\x09later");
  bus->publish("cluster", "");
  cluster::BusWriter damaged("n9", 9);
  damaged.add(cluster::ItemKind::in_room, "\xFF\xFF");
  damaged.add(static_cast<cluster::ItemKind>(99), "later");
  bus->publish("cluster", damaged.take(1));
  soon();
  EXPECT_EQ(one->node.counts().not_understood, 4u);
}

}  // namespace
}  // namespace test
