// The keys that one endpoint trusts, of a store that several endpoints share.

#include "keys/keyring.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "support/jwks.hpp"
#include "unit/keys/fake_fetcher.hpp"
#include "unit/keys/source.hpp"

namespace microframe::keys {
namespace {

using authx::JwksSource;

TEST(Keyring, NumbersItsSourcesInTheStore) {
  KeyStore store;
  const std::vector<JwksSource> first = {source("a"), source("b")};
  const std::vector<JwksSource> second = {source("c"), source("b")};
  const Keyring one(first, store);
  const Keyring other(second, store);
  EXPECT_EQ(one.number(0), 0U);
  EXPECT_EQ(one.number(1), 1U);
  EXPECT_EQ(other.number(0), 2U);
  EXPECT_EQ(other.number(1), 1U) << "two endpoints that trust one issuer fetch its keys once";
  EXPECT_EQ(&other.store(), &store);
}

TEST(Keyring, KnowsKeysInTheOrderOfItsOwnSources) {
  const auto desk = std::make_shared<test::FetcherDesk>();
  KeyStore store([desk] { return std::make_unique<test::FakeFetcher>(desk); });
  const std::vector<JwksSource> all = {source("a"), source("b")};
  const std::vector<JwksSource> turned = {source("b"), source("a")};
  const Keyring ring(all, store);
  const Keyring other(turned, store);
  store.start();
  desk->wait_for_fetches(2);
  EXPECT_EQ(ring.known(), authx::KnownKeys(2));
  desk->answer(1, test::key_set({test::ed25519_jwk(test::ed25519_key(), "of-b")}));
  while (!store.keys(1)) std::this_thread::yield();
  EXPECT_EQ(ring.known(), (authx::KnownKeys{nullptr, store.keys(1)}));
  EXPECT_EQ(other.known(), (authx::KnownKeys{store.keys(1), nullptr}));
}

TEST(Keyring, WithoutSourcesKnowsNothing) {
  EXPECT_TRUE(Keyring().known().empty());
}

}  // namespace
}  // namespace microframe::keys
