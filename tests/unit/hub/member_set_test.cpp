// The table of a room's members, against a set, while it grows and shrinks.

#include "hub/member_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "hub/member.hpp"

namespace microframe::hub {
namespace {

class DeafMember final : public Member {
 public:
  DeafMember() : Member("guest", 0) {}
  void deliver(const base::Frame&) override {}
};

std::multiset<const Member*> listed(const MemberSet& members) {
  std::multiset<const Member*> all;
  members.for_each([&](const Member& one) { all.insert(&one); });
  return all;
}

TEST(MemberSet, HoldsWhoIsInWhateverCameAndWent) {
  std::vector<base::Ref<DeafMember>> guests;
  for (int i = 0; i < 300; ++i) guests.emplace_back(new DeafMember);
  std::mt19937 random(3);
  MemberSet members;
  std::multiset<const Member*> expected;
  for (int step = 0; step < 20'000; ++step) {
    const Member* one = guests[random() % guests.size()].get();
    // Mostly coming, then mostly going, so that it gets full and empty by turns.
    const bool comes = (random() % 8 != 0) == (step / 2'000 % 2 == 0);
    if (comes && expected.count(one) == 0) {
      members.insert(*one);
      expected.insert(one);
    } else if (!comes) {
      members.erase(*one);
      expected.erase(one);
    }
    ASSERT_EQ(members.size(), expected.size());
    ASSERT_EQ(members.any_of([&](const Member& other) { return &other == one; }), comes);
    if (step % 50 != 0) continue;
    ASSERT_EQ(listed(members), expected);
  }
}

TEST(MemberSet, IsEmptyAtFirstAndInTheEnd) {
  MemberSet members;
  const base::Ref<DeafMember> guest(new DeafMember);
  members.erase(*guest);
  EXPECT_TRUE(members.empty());
  EXPECT_TRUE(listed(members).empty());
  members.insert(*guest);
  EXPECT_FALSE(members.empty());
  members.erase(*guest);
  EXPECT_TRUE(members.empty());
  EXPECT_TRUE(listed(members).empty());
}

}  // namespace
}  // namespace microframe::hub
