// Whose tokens are no longer good, to the second, in a table of bounded size.

#include "guard/revocations.hpp"

#include <gtest/gtest.h>

#include <string>

namespace microframe::guard {
namespace {

using namespace std::chrono_literals;

const authx::Time kNow{1'800'000'000s};

TEST(Revocations, CoverTokensIssuedUpToTheirSecond) {
  Revocations revocations;
  EXPECT_FALSE(revocations.covers("alice", kNow));
  revocations.revoke("alice", kNow + 300ms);
  EXPECT_TRUE(revocations.covers("alice", kNow - 1h));
  EXPECT_TRUE(revocations.covers("alice", kNow));
  EXPECT_FALSE(revocations.covers("alice", kNow + 1s));
  EXPECT_TRUE(revocations.covers("alice", authx::Time{})) << "a token without iat";
  EXPECT_FALSE(revocations.covers("bob", kNow));
  EXPECT_FALSE(revocations.covers("bob", authx::Time{}));
}

TEST(Revocations, TheLatestRevocationOfAUserCounts) {
  Revocations revocations;
  revocations.revoke("alice", kNow);
  revocations.revoke("alice", kNow + 10s);
  EXPECT_EQ(revocations.size(), 1U);
  EXPECT_TRUE(revocations.covers("alice", kNow + 10s));
  revocations.revoke("alice", kNow + 5s);  // a clock that was set back takes nothing back
  EXPECT_TRUE(revocations.covers("alice", kNow + 10s));
}

TEST(Revocations, AFullTableForgetsTheOldestUserAndRefusesAllTokensOfThatAge) {
  Revocations revocations(3);
  for (int i = 0; i < 3; ++i) revocations.revoke("user" + std::to_string(i), kNow + i * 10s);
  revocations.revoke("user0", kNow + 30s);  // now user1 is the oldest
  EXPECT_FALSE(revocations.covers("bob", kNow));
  revocations.revoke("user3", kNow + 40s);
  EXPECT_EQ(revocations.size(), 3U);
  EXPECT_TRUE(revocations.covers("user1", kNow + 10s));
  EXPECT_FALSE(revocations.covers("user1", kNow + 11s));
  EXPECT_TRUE(revocations.covers("bob", kNow + 10s)) << "all tokens of that age";
  EXPECT_FALSE(revocations.covers("bob", kNow + 11s));
  EXPECT_TRUE(revocations.covers("user0", kNow + 30s));
}

}  // namespace
}  // namespace microframe::guard
