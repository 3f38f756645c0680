// Rooms that keep their messages or tell who is in them, with loops that are queues which a test
// runs in whatever order it likes.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <thread>

#include "hub/hub.hpp"
#include "support/fake_loop.hpp"
#include "support/sweep.hpp"
#include "unit/hub/frame.hpp"
#include "unit/hub/house.hpp"

namespace microframe::hub {
namespace {

using test::FakeLoop;

class OrderedRooms : public testing::Test {
 protected:
  FakeLoop loops[2];
  House house;
  Hub hub{{&loops[0], &loops[1]}, HubLimits{}, &house};

  Ref<Guest> add(const std::string& user, std::size_t loop = 0, const std::string& session = "s") {
    Ref<Guest> guest(new Guest(user, loop, session.empty() ? session : session + "-" + user));
    loops[loop].on([&] { hub.add(*guest); });
    return guest;
  }
  void remove(const Ref<Guest>& guest) {
    loops[guest->loop()].on([&] { hub.remove(*guest); });
  }
  void join(const Ref<Guest>& guest, const std::string& room, const JoinWish& wish = {}) {
    loops[guest->loop()].on([&] { EXPECT_TRUE(ws::in_room(hub.join(*guest, room, &wish))); });
  }
  bool say(std::size_t loop, const std::string& room, const std::string& text,
           const Exclusion& but = {}) {
    bool anyone = false;
    const Numbered seal(text);
    loops[loop].on([&] { anyone = hub.broadcast_to_room(room, seal, but); });
    return anyone;
  }
  void run_all() {
    while (loops[0].waiting() + loops[1].waiting() != 0) {
      loops[0].run_all();
      loops[1].run_all();
    }
  }
  static JoinWish since(const std::string& epoch, std::uint64_t offset,
                        const std::string& session = {}) {
    JoinWish wish;
    wish.since.emplace();
    wish.since->epoch = epoch;
    wish.since->offset = offset;
    wish.since->session = session;
    return wish;
  }
};

TEST_F(OrderedRooms, MissedMessagesAreReplayedInFullOrNotAtAll) {
  const auto alice = add("alice");
  join(alice, "kept");
  say(0, "kept", "a");
  const std::string epoch = alice->epoch;
  remove(alice);
  say(0, "kept", "b");
  say(1, "kept", "c");
  const auto back = add("alice");
  join(back, "kept", since(epoch, 1));
  EXPECT_EQ(back->heard, (Names{"b#2", "c#3"}));
  EXPECT_EQ(back->joins.back(), (std::pair<std::uint64_t, std::optional<bool>>{3, true}));
  say(0, "kept", "d");
  const auto late = add("alice", 0, "t");
  join(late, "kept", since(epoch, 0));
  EXPECT_TRUE(late->heard.empty()) << "a, the first, is gone: a history with a hole is none";
  EXPECT_EQ(late->joins.back().second, false);
  const auto other = add("bob");
  join(other, "kept", since("another", 1));
  EXPECT_EQ(other->joins.back().second, false);
  const auto ahead = add("carol");
  join(ahead, "kept", since(epoch, 5));
  EXPECT_EQ(ahead->joins.back().second, false);
}

TEST_F(OrderedRooms, LatestMessagesAreReplayedOnRequest) {
  for (const char* text : {"a", "b", "c", "d"}) say(0, "kept", text);
  const auto alice = add("alice");
  JoinWish wish;
  wish.latest = 2;
  join(alice, "kept", wish);
  EXPECT_EQ(alice->heard, (Names{"c#3", "d#4"}));
  EXPECT_EQ(alice->joins.back().second, std::nullopt);
}

TEST_F(OrderedRooms, C22_WhatWasMissedAndTheLatestMessagesAreOneReplay) {
  for (const char* text : {"a", "b"}) say(0, "kept", text);
  const auto alice = add("alice");
  join(alice, "kept");
  for (const char* text : {"c", "d"}) say(0, "kept", text);
  const auto replayed = [&](JoinWish wish, std::size_t latest) {
    alice->heard.clear();
    wish.latest = latest;
    join(alice, "kept", wish);
    return alice->heard;
  };
  EXPECT_EQ(replayed(since(alice->epoch, 2), 1), (Names{"c#3", "d#4"})) << "both were missed";
  EXPECT_EQ(replayed(since(alice->epoch, 3), 3), (Names{"b#2", "c#3", "d#4"}));
  EXPECT_EQ(alice->joins.back().second, true);
  EXPECT_EQ(replayed(since("another", 3), 2), (Names{"c#3", "d#4"}));
  EXPECT_EQ(alice->joins.back().second, false);
}

TEST_F(OrderedRooms, ExcludedMemberIsExcludedFromTheReplay) {
  const auto alice = add("alice");
  join(alice, "kept");
  const std::string epoch = alice->epoch;
  Exclusion but_alice;
  but_alice.device = Ref<Member>(alice.get());
  say(0, "kept", "of hers", but_alice);
  Exclusion but_bob;
  but_bob.users = {"bob"};
  say(0, "kept", "not for bob", but_bob);
  EXPECT_EQ(alice->heard, Names{"not for bob#2"});
  const auto same_device = add("alice", 0, "new");
  join(same_device, "kept", since(epoch, 0, "s-alice"));
  EXPECT_EQ(same_device->heard, Names{"not for bob#2"});
  const auto other_device = add("alice", 1, "other");
  join(other_device, "kept", since(epoch, 0));
  EXPECT_EQ(other_device->heard, (Names{"of hers#1", "not for bob#2"}));
  const auto bob = add("bob");
  join(bob, "kept", since(epoch, 0));
  EXPECT_EQ(bob->heard, Names{"of hers#1"});
}

TEST_F(OrderedRooms, MessageHiddenFromASessionIsNotReplayedInIt) {
  const auto alice = add("alice");
  join(alice, "kept");
  const std::string epoch = alice->epoch;
  Exclusion but_alice;
  but_alice.device = Ref<Member>(alice.get());
  say(0, "kept", "of hers", but_alice);
  say(0, "kept", "b");
  JoinWish latest;
  latest.latest = 3;
  join(alice, "kept", latest);
  EXPECT_EQ(alice->heard, (Names{"b#2", "b#2"}));
  join(alice, "kept", since(epoch, 0, "an earlier one"));
  EXPECT_EQ(alice->heard, (Names{"b#2", "b#2", "b#2"}));
  const auto later = add("alice", 0, "later");
  join(later, "kept", latest);
  EXPECT_EQ(later->heard, (Names{"of hers#1", "b#2"}))
      << "a page that was loaded anew shows its own";
}

TEST_F(OrderedRooms, MemberThatAsksWhatItMissedDoesNotEnterAgain) {
  const auto alice = add("alice");
  join(alice, "kept");
  join(alice, "kept", since(alice->epoch, 0));
  join(alice, "bare");
  join(alice, "bare", since("e", 0));
  EXPECT_EQ(alice->joins.size(), 4U);
  EXPECT_EQ(alice->entries, 2);
}

// Here other loops make the leaves and joins.
TEST_F(OrderedRooms, MemberRemovedAndAddedElsewhereIsToldWhatItMissed) {
  const auto alice = add("alice");
  join(alice, "kept");
  loops[1].on([&] { hub.leave(*alice, "kept"); });
  say(1, "kept", "a");
  loops[1].on([&] { hub.join(*alice, "kept"); });
  run_all();
  say(0, "kept", "b");
  EXPECT_EQ(alice->leaves, 1);
  EXPECT_EQ(alice->joins.size(), 2U);
  EXPECT_EQ(alice->joins.back().first, 1U) << "it stands behind what it missed";
  EXPECT_EQ(alice->heard, Names{"b#2"});
}

TEST_F(OrderedRooms, MemberBeingRemovedHearsNothingBehindAGap) {
  const auto alice = add("alice");
  join(alice, "kept");
  loops[1].on([&] { hub.leave(*alice, "kept"); });
  say(1, "kept", "a");
  say(0, "kept", "b");
  run_all();
  EXPECT_TRUE(alice->heard.empty());
}

TEST_F(OrderedRooms, JoinIsToldAfterTheLeaveBeforeIt) {
  for (const char* room : {"kept", "bare"}) {
    const auto alice = add("alice", 0, room);
    join(alice, room);
    loops[1].on([&] { hub.leave(*alice, room); });
    join(alice, room);  // another "bare", because nobody was in the first
    EXPECT_EQ(alice->leaves, 1) << room;
    run_all();
    EXPECT_EQ(alice->leaves, 1) << room;
    EXPECT_EQ(alice->entries, 2) << room;
    EXPECT_TRUE(say(0, room, "x"));
    EXPECT_EQ(alice->heard.size(), 1U) << room;
    loops[0].on([&] { hub.remove(*alice); });
  }
}

TEST_F(OrderedRooms, RoomOutlivesItsMembersWhileItKeepsMessages) {
  const auto alice = add("alice");
  join(alice, "kept");
  const std::string epoch = alice->epoch;
  say(0, "kept", "a");
  remove(alice);
  EXPECT_EQ(hub.rooms(), 1U);
  test::sweep(hub);
  EXPECT_EQ(hub.rooms(), 1U);
  house.now = 1000;
  test::sweep(hub);
  EXPECT_EQ(hub.rooms(), 0U);
  const auto back = add("alice");
  join(back, "kept", since(epoch, 1));
  EXPECT_EQ(back->joins.back().second, false) << "offsets have begun anew";
  EXPECT_NE(back->epoch, epoch);
}

TEST_F(OrderedRooms, MessagesThatAreTooOldAreNotReplayed) {
  const auto alice = add("alice");
  join(alice, "kept");
  say(0, "kept", "a");
  house.now = 999;
  say(0, "kept", "b");
  house.now = 1000;
  const auto bob = add("bob");
  join(bob, "kept", since(alice->epoch, 1));
  EXPECT_EQ(bob->heard, Names{"b#2"});
  const auto carol = add("carol");
  join(carol, "kept", since(alice->epoch, 0));
  EXPECT_EQ(carol->joins.back().second, false);
}

TEST_F(OrderedRooms, LoopDoesNotOvertakeWhatIsOnItsWayToIt) {
  const auto here = add("alice", 0);
  const auto there = add("bob", 1);
  join(here, "kept");
  join(there, "kept");
  say(0, "kept", "a");  // on its way to loop 1
  say(1, "kept", "b");
  EXPECT_TRUE(there->heard.empty()) << "b must wait for a";
  run_all();
  EXPECT_EQ(there->heard, (Names{"a#1", "b#2"}));
  EXPECT_EQ(here->heard, (Names{"a#1", "b#2"}));
}

TEST_F(OrderedRooms, JoiningMemberGetsAMessageOnItsWayOnce) {
  const auto there = add("bob", 1);
  join(there, "kept");
  say(0, "kept", "a");  // on its way to loop 1
  const auto carol = add("carol", 1);
  join(carol, "kept", since(there->epoch, 0));
  run_all();
  EXPECT_EQ(carol->heard, Names{"a#1"});
  say(0, "kept", "b");
  run_all();
  EXPECT_EQ(carol->heard, (Names{"a#1", "b#2"}));
}

TEST_F(OrderedRooms, MessageIsNotLostToARoomThatIsJustBeingForgotten) {
  std::atomic<bool> stop{false};
  std::thread sweeper([&] {
    while (!stop) test::sweep(hub);
  });
  for (int n = 0; n < 100'000; ++n) {
    const std::string room = "kept" + std::to_string(n);
    const Numbered seal("m");
    hub.broadcast_to_room(room, seal, {});
    hub.broadcast_to_room(room, seal, {});
    EXPECT_EQ(hub.history(room, 1, 3).size(), 1U) << n;
    house.now += 1000;
  }
  stop = true;
  sweeper.join();
}

TEST_F(OrderedRooms, PresenceIsTheStateAndThenDifferences) {
  const auto alice = add("alice", 0);
  const auto plain = add("plain", 0, "");
  join(alice, "who");
  join(plain, "who");
  const auto bob = add("bob", 1);
  join(bob, "who");
  EXPECT_EQ(bob->present,
            (std::map<std::string, std::size_t>{{"alice", 1}, {"bob", 1}, {"plain", 1}}));
  run_all();
  EXPECT_EQ(alice->heard, (Names{"+plain", "+bob"}));
  EXPECT_TRUE(plain->heard.empty()) << "a client without a session is told nothing";
  loops[1].on([&] { hub.set_presence(*bob, "who", "away"); });
  run_all();
  EXPECT_EQ(alice->heard.back(), "+bob");
  EXPECT_EQ(hub.presence("who").at("bob")[0].meta, Json("away"));
  remove(bob);
  run_all();
  EXPECT_EQ(alice->heard.back(), "-bob");
  EXPECT_EQ(bob->leaves, 1);
}

TEST_F(OrderedRooms, PresenceVisitsSessionsAlone) {
  std::vector<Ref<Guest>> plain;
  for (int i = 0; i < 20; ++i) {
    plain.push_back(add("plain" + std::to_string(i), i % 2, ""));
    join(plain.back(), "who");
  }
  const auto visits = [&] {
    run_all();
    return std::accumulate(plain.begin(), plain.end(), 0, [](int sum, const Ref<Guest>& one) {
      return sum + one->asked.exchange(0);
    });
  };
  EXPECT_EQ(house.frames, 0) << "there is nobody to tell";
  visits();
  const auto alice = add("alice", 0);
  join(alice, "who");
  const auto bob = add("bob", 0, "");
  join(bob, "who");
  loops[0].on([&] { hub.set_presence(*bob, "who", "away"); });
  remove(bob);
  EXPECT_EQ(visits(), 0);
  EXPECT_EQ(alice->heard, (Names{"+bob", "+bob", "-bob"}));
  remove(alice);
  house.frames = 0;
  join(add("carol", 1, ""), "who");
  EXPECT_EQ(visits(), 0);
  EXPECT_EQ(house.frames, 0);
}

TEST_F(OrderedRooms, PresenceReachesSessionsAloneWhoeverHasGone) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Ref<Guest>> guests;
    for (int i = 0; i < 8; ++i) {
      guests.push_back(add("guest" + std::to_string(i), 0, random() % 2 == 0 ? "" : "s"));
      join(guests.back(), "who");
    }
    while (!guests.empty()) {
      for (const auto& guest : guests) guest->heard.clear();
      const std::size_t index = random() % guests.size();
      const auto gone = guests[index];
      guests.erase(guests.begin() + static_cast<std::ptrdiff_t>(index));
      remove(gone);
      gone->heard.clear();
      say(0, "who", "hello");
      EXPECT_TRUE(gone->heard.empty());
      for (const auto& guest : guests)
        EXPECT_EQ(guest->heard,
                  guest->has_session() ? (Names{"-" + gone->user(), "hello"}) : Names{"hello"});
    }
  }
}

TEST_F(OrderedRooms, SuspendedMemberStaysAndReceivesAndIsNoConnection) {
  const auto alice = add("alice");
  join(alice, "who");
  loops[0].on([&] { hub.suspend(*alice); });
  EXPECT_EQ(hub.connections(), 0U);
  EXPECT_EQ(hub.suspended(), 1U);
  EXPECT_EQ(hub.devices("alice"), 0U);
  EXPECT_TRUE(hub.users().empty());
  EXPECT_EQ(hub.room_members("who"), Names{"alice"});
  EXPECT_TRUE(say(1, "who", "still?"));
  EXPECT_FALSE(hub.send_to("alice", frame("and alone?")));
  run_all();
  EXPECT_EQ(alice->heard, (Names{"still?", "and alone?"}));
  loops[0].on([&] { hub.resume(*alice); });
  EXPECT_EQ(hub.connections(), 1U);
  EXPECT_EQ(hub.suspended(), 0U);
  remove(alice);
  EXPECT_EQ(hub.connections(), 0U);
  EXPECT_EQ(house.events, (Names{"alice online", "alice offline"}));
}

TEST_F(OrderedRooms, SuspendedDeviceGivesUpItsPlaceFirst) {
  std::vector<Ref<Guest>> devices;
  for (int i = 0; i < 16; ++i) devices.push_back(add("alice", 0, "s" + std::to_string(i)));
  loops[0].on([&] { hub.suspend(*devices[5]); });
  const Ref<Guest> one_more(new Guest("alice", 0, "more"));
  Ref<Member> replaced;
  loops[0].on([&] { replaced = hub.add(*one_more); });
  EXPECT_EQ(replaced.get(), devices[5].get());
  for (const auto& device : devices) remove(device);
  remove(one_more);
}

// A seal that encodes slowly enough for `meanwhile` to happen in the middle.
class Interrupted final : public Seal {
 public:
  Interrupted(const Seal& seal, std::function<void()> meanwhile)
      : seal_(seal), meanwhile_(std::move(meanwhile)) {}
  Frame encode(std::optional<std::uint64_t> offset) const override {
    Frame made = seal_.encode(offset);
    meanwhile_();
    return made;
  }
  void renumber(Frame& one, std::uint64_t offset) const override {
    ++renumbered;
    seal_.renumber(one, offset);
  }

  mutable int renumbered = 0;

 private:
  const Seal& seal_;
  const std::function<void()> meanwhile_;
};

// It would wait for itself for ever.
TEST_F(OrderedRooms, OrderIsNotLockedWhileAMessageIsEncoded) {
  for (const std::string room : {"kept", "who"}) {
    const auto alice = add("alice", 0, room);
    join(alice, room);
    const Numbered outer("outer");
    const Interrupted seal(outer, [&] { say(0, room, "inner"); });
    loops[0].on([&] { hub.broadcast_to_room(room, seal, {}); });
    const bool numbers = room == "kept";
    EXPECT_EQ(alice->heard, (numbers ? Names{"inner#1", "outer#2"} : Names{"inner", "outer"}));
    EXPECT_EQ(seal.renumbered, numbers ? 1 : 0);
    remove(alice);
  }
}

TEST_F(OrderedRooms, MessageThatWasOvertakenIsRenumberedOnlyThen) {
  const auto alice = add("alice");
  join(alice, "kept");
  for (int n = 1; n <= 8; ++n) say(0, "kept", "m");
  alice->heard.clear();
  const Numbered ninth("was to be 9");
  const Interrupted seal(ninth, [&] { say(0, "kept", "9 instead"); });
  loops[0].on([&] { hub.broadcast_to_room("kept", seal, {}); });
  EXPECT_EQ(alice->heard, (Names{"9 instead#9", "was to be 9#10"}));
  EXPECT_EQ(seal.renumbered, 1);
  const Interrupted undisturbed(ninth, [] {});
  loops[0].on([&] { hub.broadcast_to_room("kept", undisturbed, {}); });
  EXPECT_EQ(alice->heard.back(), "was to be 9#11");
  EXPECT_EQ(undisturbed.renumbered, 0);
  const auto kept = hub.history("kept", 0, 3);
  ASSERT_EQ(kept.size(), 3U);
  for (const auto& entry : kept)
    EXPECT_TRUE(text_of(entry.frame).ends_with("#" + std::to_string(entry.offset)));
}

TEST_F(OrderedRooms, MessageForARoomForgottenWhileItIsEncodedGoesToTheNext) {
  say(0, "kept", "old");
  const Numbered late("late");
  int times = 0;
  const Interrupted seal(late, [&] {
    if (times++ != 0) return;
    house.now = 1000;
    test::sweep(hub);
  });
  hub.broadcast_to_room("kept", seal, {});
  EXPECT_EQ(times, 2);
  const auto kept = hub.history("kept", 0, 3);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(text_of(kept[0].frame), "late#1");
}

TEST_F(OrderedRooms, TwoThreadsNumberTheirMessagesWithoutAGap) {
  constexpr int kEach = 2'000;
  const auto here = add("alice", 0);
  const auto there = add("bob", 1);
  join(here, "kept");
  join(there, "kept");
  const auto publish = [&] {
    const Numbered seal("m");
    for (int n = 0; n < kEach; ++n) hub.broadcast_to_room("kept", seal, {});
  };
  std::thread other(publish);
  publish();
  other.join();
  run_all();
  Names expected;
  for (int n = 1; n <= 2 * kEach; ++n) expected.push_back("m#" + std::to_string(n));
  EXPECT_EQ(here->heard, expected);
  EXPECT_EQ(there->heard, expected);
}

// Whatever runs when: each member hears a room's messages in the order of their offsets, from where
// it came in, each once.
TEST_F(OrderedRooms, MessagesKeepTheirOrderWhateverRunsWhen) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const std::string room = "kept" + std::to_string(seed);
    std::vector<Ref<Guest>> guests;
    std::map<const Guest*, std::uint64_t> begun;
    for (int step = 0; step < 60; ++step) {
      const auto loop = static_cast<std::size_t>(random() % 2);
      switch (random() % 4) {
        case 0: {
          const auto guest = add("user" + std::to_string(step), loop, std::to_string(seed));
          join(guest, room);
          begun[guest.get()] = guest->joins.back().first;
          guests.push_back(guest);
          break;
        }
        case 1:
          say(loop, room, "m");
          break;
        default:
          loops[loop].run_one();
      }
    }
    run_all();
    for (const auto& guest : guests) {
      std::uint64_t expected = begun[guest.get()];
      for (const std::string& heard : guest->heard)
        ASSERT_EQ(heard, "m#" + std::to_string(++expected)) << "seed " << seed;
      ASSERT_EQ(expected,
                hub.history(room, 0, 3).empty() ? 0 : hub.history(room, 0, 3).back().offset);
      remove(guest);
    }
  }
}

// --- bytes ---

TEST_F(OrderedRooms, A01_HistoryHoldsNoMoreBytesThanItMay) {
  const std::string big(400'000, 'x');
  for (int i = 0; i < 3; ++i) say(0, "kept", big);
  EXPECT_EQ(hub.history("kept", 0, 10).size(), 2U) << "a third would be over 1 MiB";
  say(0, "kept", std::string(2'000'000, 'y'));
  EXPECT_TRUE(hub.history("kept", 0, 10).empty()) << "too long to be kept at all";
  say(0, "kept", "short");
  ASSERT_EQ(hub.history("kept", 0, 10).size(), 1U);
  EXPECT_EQ(hub.history("kept", 0, 10).front().offset, 5U);
}

TEST_F(OrderedRooms, A01_RoomsWrittenToLongestAgoLoseTheirHistoryFirst) {
  base::ByteBudget budget(1'000'000);
  house.budget = &budget;
  const std::string big(300'000, 'x');
  for (const char* room : {"kept:1", "kept:2", "kept:3"}) say(0, room, big);
  EXPECT_GT(budget.bytes(), 900'000U);
  say(0, "kept:1", "one more");
  say(0, "kept:4", big);
  EXPECT_LT(budget.bytes(), 1'000'000U);
  EXPECT_TRUE(hub.history("kept:2", 0, 10).empty());
  for (const char* room : {"kept:1", "kept:3", "kept:4"})
    EXPECT_FALSE(hub.history(room, 0, 10).empty()) << room;
  const auto alice = add("alice");
  JoinWish wish;
  wish.since.emplace();
  wish.since->epoch = "epoch2";
  join(alice, "kept:2", wish);
  EXPECT_EQ(alice->joins.back().second, false) << "what was dropped is not called whole";
  budget.shed_to(0);
  EXPECT_EQ(budget.bytes(), 0U);
  house.now = 2000;
  loops[0].on([&] { test::sweep(hub); });
  EXPECT_EQ(hub.rooms(), 1U) << "alice's";
}

TEST_F(OrderedRooms, A01_MessagesThatAreTooOldCountNoMore) {
  base::ByteBudget budget(1'000'000);
  house.budget = &budget;
  say(0, "kept", "text");
  EXPECT_GT(budget.bytes(), 0U);
  house.now = 2000;
  loops[0].on([&] { test::sweep(hub); });
  EXPECT_EQ(budget.bytes(), 0U);
}

}  // namespace
}  // namespace microframe::hub
