// When keys are fetched, and what is thought of one that is not known: with a clock of the test's
// own.

#include "authx/key_cache.hpp"

#include <gtest/gtest.h>

#include "support/jwks.hpp"

namespace microframe::authx {
namespace {

using namespace std::chrono_literals;
using Moment = KeyCache::Moment;
using Outlook = KeyCache::Outlook;

// Half of the jitter's span: none.
constexpr double kMiddle = 0.5;
const Moment kStart{1'000'000s};

std::shared_ptr<const KeySet> set_of(const char* kid) {
  static const test::KeyPair pair = test::ed25519_key();
  const JwksSource source("https://x");
  return std::make_shared<const KeySet>(
      *KeySet::parse(test::key_set({test::ed25519_jwk(pair, kid)}), source.algorithms()));
}

class KeyCacheTest : public testing::Test {
 protected:
  Moment now = kStart;
  JwksSource source{"https://x"};  // 30 s, 10 min, 24 h
  KeyCache cache{source, kStart};

  void fetch_good(std::optional<std::chrono::seconds> max_age = {}) {
    cache.begin(now);
    cache.succeed(now, set_of("k"), max_age, kMiddle);
  }
  void fetch_bad() {
    cache.begin(now);
    cache.fail(kMiddle);
  }
  Outlook want() { return cache.want(now, now, now + 5s); }
};

TEST_F(KeyCacheTest, FetchesAtOnceAndThenAtItsInterval) {
  EXPECT_EQ(cache.next_fetch(), kStart);
  EXPECT_EQ(cache.keys(now), nullptr);
  cache.begin(now);
  EXPECT_TRUE(cache.is_fetching());
  EXPECT_EQ(cache.next_fetch(), Moment::max());
  EXPECT_EQ(cache.keys(now), nullptr);
  cache.succeed(now, set_of("k"), {}, kMiddle);
  EXPECT_FALSE(cache.is_fetching());
  EXPECT_NE(cache.keys(now), nullptr);
  EXPECT_EQ(cache.next_fetch(), kStart + 10min);
}

TEST_F(KeyCacheTest, TheIntervalIsJitteredByATenth) {
  cache.begin(now);
  cache.succeed(now, set_of("k"), {}, 0.0);
  EXPECT_EQ(cache.next_fetch(), kStart + 9min);
  now = kStart + 9min;
  cache.begin(now);
  cache.succeed(now, set_of("k"), {}, 0.999);
  EXPECT_GT(cache.next_fetch(), now + 10min + 59s);
  EXPECT_LT(cache.next_fetch(), now + 11min);
}

TEST_F(KeyCacheTest, TheAnswersMaxAgeCountsWithinBounds) {
  fetch_good(20min);
  EXPECT_EQ(cache.next_fetch(), now + 20min);
  fetch_good(0s);
  EXPECT_EQ(cache.next_fetch(), now + 1min);
  fetch_good(999'999'999s);
  EXPECT_EQ(cache.next_fetch(), now + 1h);
}

TEST_F(KeyCacheTest, FetchesBeforeTheKeysReachTheirMaximumAge) {
  source.refresh_interval(20h);
  cache = KeyCache(source, kStart);
  fetch_good(100h);
  EXPECT_EQ(cache.next_fetch(), now + 12h);
}

TEST_F(KeyCacheTest, AFailedFetchIsTriedAgainAfterTheCoolDown) {
  fetch_bad();
  EXPECT_EQ(cache.keys(now), nullptr);
  EXPECT_EQ(cache.next_fetch(), kStart + 30s);
  now += 30s;
  cache.begin(now);
  cache.fail(0.0);  // jitter never shortens a cool-down
  EXPECT_EQ(cache.next_fetch(), now + 30s);
}

TEST_F(KeyCacheTest, KeysAreKnownUntilTheirMaximumAge) {
  fetch_good();
  const Moment known = now;
  for (now += 30s; now < known + 24h; now += 30s) {
    fetch_bad();
    ASSERT_NE(cache.keys(now), nullptr);
  }
  EXPECT_NE(cache.keys(known + 24h - 1ms), nullptr);
  EXPECT_EQ(cache.keys(known + 24h), nullptr);
}

TEST_F(KeyCacheTest, AgeCountsFromTheBeginningOfTheFetch) {
  cache.begin(now);
  now += 4s;
  cache.succeed(now, set_of("k"), {}, kMiddle);
  EXPECT_EQ(cache.keys(kStart + 24h), nullptr);
}

TEST_F(KeyCacheTest, ManyUnknownKeysAreOneFetchPerCoolDown) {
  fetch_good();
  int fetches = 0;
  const Moment end = now + 300s;
  for (now += 1s; now <= end; now += 10ms) {
    want();
    if (cache.next_fetch() > now) continue;
    fetch_good();
    ++fetches;
  }
  EXPECT_EQ(fetches, 10);
}

TEST_F(KeyCacheTest, AnUnknownKeyIsFetchedAtOnceOrWhenTheCoolDownEnds) {
  fetch_good();
  now += 10s;
  EXPECT_EQ(want(), Outlook::too_far);
  EXPECT_EQ(cache.next_fetch(), kStart + 30s);
  now += 16s;
  EXPECT_EQ(want(), Outlook::coming);  // within the deadline
  EXPECT_EQ(cache.next_fetch(), kStart + 30s);
  now += 100s;
  EXPECT_EQ(want(), Outlook::coming);
  EXPECT_LE(cache.next_fetch(), now);
}

TEST_F(KeyCacheTest, AKeyIsAbsentOnlyIfALaterFetchHasNotBroughtIt) {
  fetch_good();
  now += 100s;
  EXPECT_EQ(cache.want(now, now, now + 5s), Outlook::coming);
  const Moment since = now;
  now += 1s;
  cache.begin(now);
  EXPECT_EQ(cache.want(since, now, since + 5s), Outlook::coming);
  now += 1s;
  const Moment looked = now - 1ms;
  cache.succeed(now, set_of("k"), {}, kMiddle);
  EXPECT_EQ(cache.want(since, looked, since + 5s), Outlook::renewed) << "nobody has looked there";
  EXPECT_EQ(cache.want(since, now + 1ms, since + 5s), Outlook::absent);
}

TEST_F(KeyCacheTest, AFetchThatBeganBeforeMayHaveSeenTheSetBeforeARotation) {
  fetch_good();
  now += 100s;
  cache.begin(now);
  const Moment since = now + 1s;
  EXPECT_EQ(cache.want(since, now, since + 5s), Outlook::coming);  // it may bring it all the same
  cache.succeed(now, set_of("k"), {}, kMiddle);
  EXPECT_EQ(cache.want(since, now, since + 5s), Outlook::too_far);
  EXPECT_EQ(cache.next_fetch(), now + 30s);  // and then it is known
  EXPECT_EQ(cache.want(since, now, since + 40s), Outlook::coming);
}

TEST_F(KeyCacheTest, WhileFetchesFailNoKeyIsAbsent) {
  fetch_good();
  now += 100s;
  const Moment since = now;
  EXPECT_EQ(want(), Outlook::coming);
  fetch_bad();
  EXPECT_EQ(cache.want(since, now, since + 5s), Outlook::too_far);
}

TEST_F(KeyCacheTest, WithoutKeysNoKeyIsAbsent) {
  EXPECT_EQ(want(), Outlook::coming);
  fetch_bad();
  now += 1s;
  EXPECT_EQ(want(), Outlook::too_far);
}

TEST_F(KeyCacheTest, AKeyWantedDuringAFetchIsFetchedAfterIt) {
  fetch_good();
  now += 100s;
  cache.begin(now);
  cache.want(now + 1s, now + 1s, now + 6s);
  cache.succeed(now, set_of("k"), {}, kMiddle);
  EXPECT_EQ(cache.next_fetch(), now + 30s);
  now += 30s;
  fetch_good();
  EXPECT_EQ(cache.next_fetch(), now + 10min);
}

}  // namespace
}  // namespace microframe::authx
