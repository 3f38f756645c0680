// How many rooms each user may have made, and sweeps of many rooms.
#include <gtest/gtest.h>

#include <string>

#include "hub/hub.hpp"
#include "support/fake_loop.hpp"
#include "support/sweep.hpp"
#include "unit/hub/frame.hpp"

namespace microframe::hub {
namespace {

using base::Ref;

class Maker final : public Member {
 public:
  explicit Maker(std::string user) : Member(std::move(user), 0) {}
  void deliver(const base::Frame&) override {}
  void joined(const Joined&) override {}
  void left(std::string_view) override {}
  std::string_view session() const override { return ""; }
  std::string device() const override { return user(); }
};

// Rooms "kept..." keep a message for a second.
class Keepers final : public Surroundings {
 public:
  RoomPolicy policy(std::string_view room) const override {
    RoomPolicy result;
    if (!room.starts_with("kept")) return result;
    result.history_max = 1;
    result.history_age = std::chrono::seconds(1);
    return result;
  }
  std::uint64_t now_ms() const override { return now; }
  std::string new_epoch() override { return "epoch"; }
  base::Frame presence_frame(std::string_view, const Presence::Users&,
                             const Presence::Users&) const override {
    return {};
  }
  void user_online(const std::string&) override {}
  void user_offline(const std::string&) override {}

  std::uint64_t now = 0;
};

class RoomShares : public testing::Test {
 protected:
  Ref<Maker> add(std::string user) {
    Ref<Maker> made(new Maker(std::move(user)));
    on_loop([&] { hub.add(*made); });
    members_.push_back(made);
    return made;
  }
  JoinResult join(const Ref<Maker>& member, const std::string& room) {
    JoinResult result{};
    on_loop([&] { result = hub.join(*member, room); });
    return result;
  }
  void leave(const Ref<Maker>& member, const std::string& room) {
    on_loop([&] { hub.leave(*member, room); });
  }
  void say(const std::string& room) {
    on_loop([&] { hub.broadcast_to_room(room, frame("hello"), {}); });
  }
  void on_loop(const std::function<void()>& action) { loop_.on(action); }
  void TearDown() override {
    on_loop([&] {
      for (const auto& member : members_) hub.remove(*member);
    });
  }
  static HubLimits limits() {
    HubLimits result;
    result.rooms_per_member_max = 100'000;
    result.rooms_per_user_max = 2;
    return result;
  }

  Keepers keepers;

 private:
  test::FakeLoop loop_;
  std::vector<Ref<Maker>> members_;

 protected:
  Hub hub{{&loop_}, limits(), &keepers};
};

TEST_F(RoomShares, A07_AUserMakesNoMoreThanItsShare) {
  const auto alice = add("alice");
  const auto alices_phone = add("alice");
  const auto bob = add("bob");
  EXPECT_EQ(join(alice, "a"), JoinResult::joined);
  EXPECT_EQ(join(alices_phone, "b"), JoinResult::joined);
  EXPECT_EQ(join(alice, "c"), JoinResult::too_many_rooms);
  EXPECT_EQ(join(bob, "c"), JoinResult::joined) << "others have theirs";
  EXPECT_EQ(join(alice, "c"), JoinResult::joined) << "and she is in theirs";
  EXPECT_EQ(hub.rooms(), 3U);
}

TEST_F(RoomShares, A07_ARoomCountsUntilNothingIsLeftOfIt) {
  const auto alice = add("alice");
  join(alice, "kept:1");
  join(alice, "b");
  say("kept:1");
  leave(alice, "kept:1");
  EXPECT_EQ(join(alice, "c"), JoinResult::too_many_rooms) << "it keeps a message";
  leave(alice, "b");
  EXPECT_EQ(join(alice, "c"), JoinResult::joined);
  keepers.now = 2'000;
  on_loop([&] { test::sweep(hub); });
  EXPECT_EQ(join(alice, "d"), JoinResult::joined);
  EXPECT_EQ(join(alice, "e"), JoinResult::too_many_rooms);
}

TEST_F(RoomShares, A07_TheShareStaysTakenByARoomThatOthersAreIn) {
  const auto alice = add("alice");
  const auto bob = add("bob");
  join(alice, "a");
  join(bob, "a");
  leave(alice, "a");
  join(alice, "b");
  EXPECT_EQ(join(alice, "c"), JoinResult::too_many_rooms);
  leave(bob, "a");
  EXPECT_EQ(join(alice, "c"), JoinResult::joined);
}

TEST_F(RoomShares, A07_ManyRoomsAreSweptInSlices) {
  constexpr std::size_t kRooms = 50'000;
  for (std::size_t i = 0; i < kRooms; ++i) say("kept:" + std::to_string(i));
  EXPECT_EQ(hub.rooms(), kRooms);
  keepers.now = 2'000;
  RoomTable::Sweep sweep;
  std::size_t slices = 1;
  std::size_t left = kRooms;
  bool has_more = true;
  on_loop([&] {
    for (; has_more; ++slices) {
      has_more = hub.expire_some(sweep);
      EXPECT_LE(left - hub.rooms(), 8'192U) << "of one slice";
      left = hub.rooms();
    }
  });
  EXPECT_EQ(left, 0U);
  EXPECT_GT(slices, 6U);
}

}  // namespace
}  // namespace microframe::hub
