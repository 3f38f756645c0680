// When keys are fetched, who is told, and what is known meanwhile: the fetches are answered by hand.

#include "keys/key_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/jwks.hpp"
#include "unit/keys/fake_fetcher.hpp"
#include "unit/keys/source.hpp"

namespace microframe::keys {
namespace {

using namespace std::chrono_literals;
using authx::JwksSource;
using Outlook = KeyStore::Outlook;
using std::chrono::steady_clock;

// One of which a key may be asked for again at once.
JwksSource eager_source() {
  return source("a").cool_down(1ms);
}

std::string one_key(std::string_view kid = "k") {
  return test::key_set({test::ed25519_jwk(test::ed25519_key(), kid)});
}

void wait_until(const std::function<bool()>& holds) {
  const auto deadline = steady_clock::now() + 10s;
  while (!holds()) {
    ASSERT_LT(steady_clock::now(), deadline) << "it never came";
    std::this_thread::yield();
  }
}

// A loop that runs what is posted to it when a test says so.
class FakeScheduler final : public detail::Scheduler {
 public:
  FakeScheduler() { set_current(this); }
  ~FakeScheduler() override { set_current(nullptr); }

  void post(std::function<void()> callback) override {
    const std::lock_guard lock(mutex_);
    posts_.push_back(std::move(callback));
  }
  void after(std::chrono::milliseconds, std::function<void()>) override { ADD_FAILURE(); }
  void work(std::function<void()>, std::function<void()>) override { ADD_FAILURE(); }

  std::size_t posted() const {
    const std::lock_guard lock(mutex_);
    return posts_.size();
  }
  void run() {
    for (const auto& callback : std::exchange(posts_, {})) callback();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<void()>> posts_;
};

class Store : public testing::Test {
 protected:
  // Starts a store with these sources, and waits until it fetches each of them.
  void start(const std::vector<JwksSource>& sources) {
    for (const JwksSource& one : sources) store.add(one);
    store.start();
    desk->wait_for_fetches(sources.size());
  }
  // The same with one source, whose keys have come.
  void start_with_keys(const JwksSource& one) {
    start({one});
    desk->answer(0, one_key());
    wait_until([&] { return store.keys(0) != nullptr; });
  }
  Outlook want(steady_clock::time_point since = steady_clock::now()) {
    return store.want(0, since, steady_clock::now(), steady_clock::now() + 1h);
  }

  const std::shared_ptr<test::FetcherDesk> desk = std::make_shared<test::FetcherDesk>();
  KeyStore store{[desk = desk] { return std::make_unique<test::FakeFetcher>(desk); }};
};

TEST(KeyStore, MakesNoFetcherWithoutASource) {
  KeyStore store([]() -> std::unique_ptr<Fetcher> {
    ADD_FAILURE();
    return nullptr;
  });
  store.start();
  store.stop();
  EXPECT_EQ(store.fetches(), 0U);
}

TEST_F(Store, GivesEqualSourcesOneNumber) {
  EXPECT_EQ(store.add(source("a")), 0U);
  EXPECT_EQ(store.add(source("b")), 1U);
  EXPECT_EQ(store.add(source("a")), 0U);
  EXPECT_EQ(store.add(source("a").cool_down(5s)), 2U) << "kept in another way";
}

TEST_F(Store, FetchesEverySourceWhenItStarts) {
  start({source("a"), source("b")});
  EXPECT_EQ(desk->wait_for_fetches(2), (std::vector<std::size_t>{0, 1}));
  wait_until([&] { return store.fetches() == 2; });
  EXPECT_EQ(store.keys(0), nullptr);
}

TEST_F(Store, KnowsKeysOnceTheyHaveCome) {
  start({source("a"), source("b")});
  desk->answer(1, one_key("of-b"));
  wait_until([&] { return store.keys(1) != nullptr; });
  EXPECT_NE(store.keys(1)->find("of-b", authx::Algorithm::EdDSA), nullptr);
  EXPECT_EQ(store.keys(0), nullptr);
  EXPECT_EQ(store.failures(), 0U);
}

TEST_F(Store, KeepsItsKeysWhenAFetchFails) {
  start_with_keys(eager_source());
  EXPECT_EQ(want(), Outlook::coming);
  desk->wait_for_fetches(2);
  desk->fail(0, "status 500");
  wait_until([&] { return store.failures() == 1; });
  EXPECT_NE(store.keys(0), nullptr);
}

TEST_F(Store, CountsAnAnswerThatIsNoKeySetAsAFailure) {
  start({source("a"), source("b")});
  desk->answer(0, "{}");
  desk->answer(1, R"({"keys":[{}]})");
  wait_until([&] { return store.failures() == 2; });
  EXPECT_EQ(store.keys(0), nullptr);
  EXPECT_EQ(store.keys(1), nullptr);
}

TEST_F(Store, FetchesOnceHoweverManyAskForAnUnknownKey) {
  start_with_keys(eager_source());
  const auto since = steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(want(since), Outlook::coming);
  desk->wait_for_fetches(2);
  EXPECT_EQ(want(since), Outlook::coming) << "under way";
  desk->answer(0, one_key());
  wait_until([&] { return want(since) == Outlook::absent; });
  EXPECT_EQ(desk->wait_for_fetches(2).size(), 2U);
  EXPECT_EQ(store.fetches(), 2U);
}

TEST_F(Store, DoesNotFetchBeforeTheCoolDownIsOver) {
  start_with_keys(source("a").cool_down(1h).refresh_interval(2h));
  const auto now = steady_clock::now();
  EXPECT_EQ(store.want(0, now, now, now + 1min), Outlook::too_far);
  EXPECT_EQ(store.fetches(), 1U);
  EXPECT_GT(store.retry_after(0), 50min);
  EXPECT_LE(store.retry_after(0), 1h + 1s);
}

TEST_F(Store, SaysThatTheNextFetchIsSoonWhileOneIsUnderWay) {
  start({source("a")});
  EXPECT_EQ(store.retry_after(0), 1s);
}

TEST_F(Store, FetchesAgainAfterTheRefreshInterval) {
  start_with_keys(source("a").cool_down(1ms).refresh_interval(2ms));
  desk->wait_for_fetches(2);
}

TEST_F(Store, TakesAFetchThatFindsNoMemoryForAFailedOne) {
  desk->lack_memory();
  start({source("a").cool_down(1ms)});
  desk->wait_for_fetches(3);  // the source's own pace goes on
  EXPECT_EQ(store.keys(0), nullptr);
}

TEST_F(Store, TellsWhoWaitsOnItsOwnLoopOnce) {
  FakeScheduler loop;
  start({source("a")});
  int told = 0;
  KeyStore::Wait wait;
  const auto now = steady_clock::now();
  ASSERT_EQ(store.wait(0, now - 1h, now, now + 1h, [&] { ++told; }, wait), Outlook::coming);
  desk->answer(0, one_key());
  wait_until([&] { return loop.posted() == 1; });
  EXPECT_EQ(told, 0) << "not on the store's thread";
  loop.run();
  EXPECT_EQ(told, 1);
  EXPECT_NE(store.keys(0), nullptr);
}

TEST_F(Store, TellsWhoWaitsThatAFetchHasFailedToo) {
  FakeScheduler loop;
  start({source("a")});
  bool told = false;
  KeyStore::Wait wait;
  const auto now = steady_clock::now();
  ASSERT_EQ(store.wait(0, now - 1h, now, now + 1h, [&] { told = true; }, wait), Outlook::coming);
  desk->fail(0, "status 500");
  wait_until([&] { return loop.posted() == 1; });
  loop.run();
  EXPECT_TRUE(told);
}

TEST_F(Store, TellsNobodyWhoseWaitHasGone) {
  FakeScheduler loop;
  start({source("a")});
  const auto now = steady_clock::now();
  const auto never = [] { ADD_FAILURE() << "told"; };
  auto early = std::make_unique<KeyStore::Wait>();
  auto late = std::make_unique<KeyStore::Wait>();
  ASSERT_EQ(store.wait(0, now - 1h, now, now + 1h, never, *early), Outlook::coming);
  ASSERT_EQ(store.wait(0, now - 1h, now, now + 1h, never, *late), Outlook::coming);
  early.reset();
  desk->answer(0, one_key());
  wait_until([&] { return loop.posted() == 1; });
  late.reset();  // between the post and its turn
  loop.run();
}

TEST_F(Store, NobodyWaitsWhoWouldWaitInVain) {
  FakeScheduler loop;
  start_with_keys(source("a").cool_down(1h).refresh_interval(2h));
  KeyStore::Wait wait;
  const auto now = steady_clock::now();
  EXPECT_EQ(store.wait(0, now, now, now + 1min, [] { ADD_FAILURE(); }, wait), Outlook::too_far);
  store.stop();
  EXPECT_EQ(loop.posted(), 0U);
}

TEST_F(Store, StopsWhileAFetchIsUnderWay) {
  start({source("a")});
  store.stop();
  store.stop();
  EXPECT_EQ(store.keys(0), nullptr);
}

}  // namespace
}  // namespace microframe::keys
