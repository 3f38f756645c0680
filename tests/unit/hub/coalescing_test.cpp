// Rooms whose messages wait until a window ends, with loops and time that a test runs.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hub/hub.hpp"
#include "support/fake_loop.hpp"
#include "unit/hub/frame.hpp"

namespace microframe::hub {
namespace {

using base::Frame;
using base::Ref;
using std::chrono::milliseconds;
using test::FakeLoop;

JoinWish since(std::uint64_t offset) {
  JoinWish wish;
  wish.since.emplace();
  wish.since->epoch = "epoch";
  wish.since->offset = offset;
  return wish;
}

// Writes down what it is sent and what it is told of its rooms.
class Listener final : public Member {
 public:
  using Member::Member;
  void deliver(const Frame& one) override {
    heard.emplace_back(base::as_text((one.plain() ? one.plain() : one.enveloped()).bytes()));
  }
  void joined(const Joined& found) override {
    heard.push_back("joined at " + std::to_string(found.offset));
    if (!found.missed) return;
    for (const Frame& one : *found.missed) deliver(one);
  }
  void left(std::string_view) override { heard.emplace_back("left"); }
  std::string_view session() const override { return user(); }
  std::string device() const override { return user(); }

  Names take() { return std::exchange(heard, {}); }
  Names heard;
};

// Rooms "slow..." have a window of 5 ms, those with "kept" in their name keep ten messages besides,
// and those with "who" tell who is in them.
class SlowHouse final : public Surroundings {
 public:
  RoomPolicy policy(std::string_view room) const override {
    RoomPolicy result;
    if (room.starts_with("slow")) result.coalesce = milliseconds(5);
    if (room.ends_with("kept")) {
      result.history_max = 10;
      result.history_age = std::chrono::seconds(1);
    }
    result.presence = room.ends_with("who");
    return result;
  }
  std::uint64_t now_ms() const override { return 0; }
  std::string new_epoch() override { return "epoch"; }
  Frame presence_frame(std::string_view, const Presence::Users& joins,
                       const Presence::Users& leaves) const override {
    std::string said;
    for (const auto& [user, devices] : leaves) said += "-" + user;
    for (const auto& [user, devices] : joins) said += "+" + user;
    return Frame({}, frame(said).plain());
  }
  void user_online(const std::string&) override {}
  void user_offline(const std::string&) override {}
};

class CoalescingRooms : public testing::Test {
 protected:
  FakeLoop loops[2];
  SlowHouse house;
  Hub hub{{&loops[0], &loops[1]}, HubLimits{}, &house};

  Ref<Listener> in(const std::string& room, const std::string& user, std::size_t loop = 0) {
    Ref<Listener> guest(new Listener(user, loop));
    loops[loop].on([&] { hub.add(*guest); });
    join(guest, room);
    guest->take();
    return guest;
  }
  void join(const Ref<Listener>& guest, const std::string& room, const JoinWish* wish = nullptr) {
    loops[guest->loop()].on([&] { EXPECT_TRUE(ws::in_room(hub.join(*guest, room, wish))); });
  }
  void leave(const Ref<Listener>& guest, const std::string& room) {
    loops[guest->loop()].on([&] { EXPECT_TRUE(hub.leave(*guest, room)); });
  }
  void say(const std::string& room, std::string_view text, Exclusion exclusion = {},
           std::size_t loop = 0) {
    loops[loop].on([&] { hub.broadcast_to_room(room, frame(text), std::move(exclusion)); });
  }
};

TEST_F(CoalescingRooms, MessagesLeaveTogetherWhenTheWindowOfTheFirstEnds) {
  const auto ann = in("slow", "ann");
  say("slow", "1");
  loops[0].pass(milliseconds(4));
  say("slow", "2");
  EXPECT_EQ(ann->heard, Names{});
  loops[0].pass(milliseconds(1));
  EXPECT_EQ(ann->take(), (Names{"1", "2"}));
  EXPECT_EQ(loops[0].timers(), 0U);
}

TEST_F(CoalescingRooms, TheNextMessageBeginsAWindowOfItsOwn) {
  const auto ann = in("slow", "ann");
  say("slow", "1");
  loops[0].pass(milliseconds(7));
  EXPECT_EQ(ann->take(), Names{"1"});
  say("slow", "2");
  loops[0].pass(milliseconds(4));
  EXPECT_EQ(ann->heard, Names{});
  loops[0].pass(milliseconds(1));
  EXPECT_EQ(ann->take(), Names{"2"});
}

TEST_F(CoalescingRooms, OnlyMessagesOfTheRoomWait) {
  const auto ann = in("slow", "ann");
  join(ann, "quick");
  ann->take();
  say("slow", "held back");
  say("quick", "of another room");
  loops[0].on([&] {
    hub.broadcast(frame("to all"), {});
    hub.send_to("ann", frame("to ann"));
    hub.send(*ann, frame("to this device"));
  });
  EXPECT_EQ(ann->take(), (Names{"of another room", "to all", "to ann", "to this device"}));
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), Names{"held back"});
}

TEST_F(CoalescingRooms, EachRoomHasAWindowOfItsOwn) {
  const auto ann = in("slow", "ann");
  join(ann, "slow too");
  ann->take();
  say("slow", "a1");
  loops[0].pass(milliseconds(3));
  say("slow too", "b1");
  say("slow", "a2");
  loops[0].pass(milliseconds(2));
  EXPECT_EQ(ann->take(), (Names{"a1", "a2"}));
  loops[0].pass(milliseconds(3));
  EXPECT_EQ(ann->take(), Names{"b1"});
}

TEST_F(CoalescingRooms, MemberThatJoinsMeanwhileGetsWhatIsSentAfter) {
  const auto ann = in("slow", "ann");
  say("slow", "before");
  const auto bob = in("slow", "bob");
  say("slow", "after");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"before", "after"}));
  EXPECT_EQ(bob->take(), Names{"after"});
}

TEST_F(CoalescingRooms, MemberThatLeavesGetsAtOnceWhatWasSentBefore) {
  const auto ann = in("slow", "ann");
  const auto bob = in("slow", "bob");
  say("slow", "before");
  leave(bob, "slow");
  EXPECT_EQ(bob->take(), (Names{"before", "left"}));
  EXPECT_EQ(ann->heard, Names{});
  say("slow", "after");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"before", "after"}));
  EXPECT_EQ(bob->take(), Names{});
}

TEST_F(CoalescingRooms, MemberThatLeavesAndComesBackHearsNothingTwice) {
  const auto ann = in("slow", "ann");
  say("slow", "1");
  leave(ann, "slow");
  say("slow", "2");
  join(ann, "slow");
  say("slow", "3");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"1", "left", "joined at 0", "3"}));
}

TEST_F(CoalescingRooms, MemberThatCatchesUpGetsWhatWaitsAtOnceAndOnce) {
  const auto ann = in("slow", "ann");
  const auto bob = in("slow", "bob");
  join(ann, "slow too");
  ann->take();
  say("slow", "a");
  say("slow too", "b");
  loops[0].on([&] { Hub::catch_up(*ann); });
  EXPECT_EQ(ann->take(), (Names{"a", "b"}));
  EXPECT_EQ(bob->heard, Names{});
  say("slow", "c");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), Names{"c"});
  EXPECT_EQ(bob->take(), (Names{"a", "c"}));
}

TEST_F(CoalescingRooms, MemberLeftOutOfAMessageStaysLeftOut) {
  const auto ann = in("slow", "ann");
  const auto bob = in("slow", "bob");
  Exclusion not_bob;
  not_bob.users.emplace_back("bob");
  Exclusion not_ann;
  not_ann.device = Ref<Member>(ann.get());
  say("slow", "1");
  say("slow", "2", not_bob);
  say("slow", "3", not_ann);
  loops[0].on([&] { Hub::catch_up(*bob); });
  EXPECT_EQ(bob->take(), (Names{"1", "3"}));
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"1", "2"}));
  EXPECT_EQ(bob->take(), Names{});
}

// Past as many deliveries or bytes nothing is gained by waiting for the end of the window.
TEST_F(CoalescingRooms, FullWindowIsReleasedAtOnce) {
  const auto ann = in("slow", "ann");
  for (std::size_t i = 0; i < HeldBack::kDeliveriesMax; ++i) {
    EXPECT_EQ(ann->heard.size(), 0U);
    say("slow", "x");
  }
  EXPECT_EQ(ann->take().size(), HeldBack::kDeliveriesMax);
  say("slow", std::string(HeldBack::kBytesMax - 1, 'x'));
  EXPECT_EQ(ann->heard.size(), 0U);
  say("slow", "x");
  EXPECT_EQ(ann->take().size(), 2U);
  say("slow", "the first of the next");
  EXPECT_EQ(loops[0].timers(), 1U) << "one timer per room and loop";
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), Names{"the first of the next"});
}

TEST_F(CoalescingRooms, EachLoopHasAWindowOfItsOwn) {
  const auto ann = in("slow", "ann", 0);
  const auto bob = in("slow", "bob", 1);
  say("slow", "1");
  say("slow", "2");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"1", "2"}));
  loops[1].run_all();
  EXPECT_EQ(bob->heard, Names{});
  loops[1].pass(milliseconds(5));
  EXPECT_EQ(bob->take(), (Names{"1", "2"}));
}

TEST_F(CoalescingRooms, LeaveMadeElsewhereComesAfterWhatWasSentBefore) {
  const auto bob = in("slow", "bob", 1);
  say("slow", "before");
  loops[0].on([&] { hub.leave_user("bob", "slow"); });
  loops[1].run_all();
  EXPECT_EQ(bob->take(), (Names{"before", "left"}));
  loops[1].pass(milliseconds(5));
  EXPECT_EQ(bob->take(), Names{});
}

TEST_F(CoalescingRooms, HistoryIsKeptAtOnceAndNoMessageComesTwice) {
  const auto ann = in("slow kept", "ann");
  say("slow kept", "1");
  say("slow kept", "2");
  EXPECT_EQ(hub.history("slow kept", 0, 10).size(), 2U);
  const JoinWish wish = since(1);
  const auto bob = in("slow", "bob");
  join(bob, "slow kept", &wish);
  EXPECT_EQ(bob->take(), (Names{"joined at 2", "2"}));
  say("slow kept", "3");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"1", "2", "3"}));
  EXPECT_EQ(bob->take(), Names{"3"});
}

// What waits comes first, so that all that follows the answer is newer.
TEST_F(CoalescingRooms, MemberThatAsksWhatItMissedIsNotToldItAgainLater) {
  const auto ann = in("slow kept", "ann");
  say("slow kept", "1");
  const JoinWish wish = since(0);
  join(ann, "slow kept", &wish);
  EXPECT_EQ(ann->take(), (Names{"1", "joined at 1", "1"}));
  say("slow kept", "2");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), Names{"2"});
}

TEST_F(CoalescingRooms, PresenceKeepsItsPlaceAmongTheMessages) {
  const auto ann = in("slow who", "ann");
  loops[0].pass(milliseconds(5));
  say("slow who", "1");
  const auto bob = in("slow who", "bob");
  say("slow who", "2");
  leave(bob, "slow who");
  say("slow who", "3");
  EXPECT_EQ(bob->take(), (Names{"2", "left"}));
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(ann->take(), (Names{"1", "+bob", "2", "-bob", "3"}));
}

TEST_F(CoalescingRooms, RoomForgottenMeanwhileLeavesNothingBehind) {
  const auto ann = in("slow", "ann");
  say("slow", "1");
  loops[0].on([&] { hub.remove(*ann); });
  EXPECT_EQ(hub.rooms(), 0U);
  const auto bob = in("slow", "bob");
  loops[0].pass(milliseconds(5));
  EXPECT_EQ(bob->take(), Names{});
}

}  // namespace
}  // namespace microframe::hub
