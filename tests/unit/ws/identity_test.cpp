// Who a device is, and how a fresh token or a resume puts another identity in place of the former.
#include "ws/identity.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "unit/ws/loop_site.hpp"
#include "ws/identity_slot.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;

const authx::Time kIssued{1'700'000'000s};
const authx::Time kExpires{1'700'000'600s};

authx::Claims claims(authx::Time expires = kExpires) {
  authx::Claims made;
  made.sub = "alice";
  made.issued_at = kIssued;
  made.expires = expires;
  made.all = boost::json::object{{"sub", "alice"},
                                 {"iat", 1'700'000'000},
                                 {"exp", 1'700'000'600},
                                 {"type", "access"},
                                 {"role", "admin"}};
  return made;
}

base::Ref<const Identity> make(std::optional<std::string> certificate = std::nullopt) {
  return base::Ref<const Identity>(new Identity(claims(), test::peer("192.0.2.7"), certificate));
}

TEST(Identity, ShowsTheClaimsBeyondTheRegisteredOnes) {
  EXPECT_EQ(to_text(make()->claims()), R"({"role":"admin"})");
}

TEST(Identity, ShowsPeerCertificateAndTimes) {
  const auto identity = make("CN=tablet-7,O=Example");
  EXPECT_EQ(to_string(identity->peer()), "192.0.2.7:5000");
  EXPECT_EQ(identity->certificate(), "CN=tablet-7,O=Example");
  EXPECT_EQ(identity->expires(), kExpires);
  EXPECT_EQ(identity->issued_at(), kIssued);
}

TEST(Identity, HasNoCertificateWhereNoneWasShown) {
  EXPECT_EQ(make()->certificate(), std::nullopt);
  EXPECT_EQ(make("")->certificate(), "") << "one with an empty subject was shown";
}

TEST(Identity, ExpiresAtAWholeSecond) {
  const Identity identity(claims(kExpires + 999ms), test::peer("192.0.2.7"), std::nullopt);
  EXPECT_EQ(identity.expires(), kExpires);
  EXPECT_EQ(identity.with(claims(kExpires + 1500ms), nullptr)->expires(), kExpires + 1s);
}

TEST(Identity, C20_AFreshTokensClaimsAndTimesTakeThePlaceOfTheFormer) {
  const auto first = make("CN=tablet-7");
  authx::Claims fresh = claims(kExpires + 1h);
  fresh.issued_at = kIssued + 1h;
  fresh.all = boost::json::object{{"sub", "alice"}, {"role", "guest"}};
  const auto second = first->with(fresh, nullptr);
  EXPECT_EQ(second->expires(), kExpires + 1h);
  EXPECT_EQ(first->expires(), kExpires) << "an identity never changes";
  EXPECT_EQ(second->issued_at(), kIssued + 1h);
  EXPECT_EQ(to_text(second->claims()), R"({"role":"guest"})");
  EXPECT_EQ(to_text(first->claims()), R"({"role":"admin"})");
  EXPECT_EQ(to_string(second->peer()), to_string(first->peer()));
  EXPECT_EQ(second->certificate(), "CN=tablet-7");
}

AuthorizedUser user(std::string email) {
  return std::make_shared<const authx::User>("alice", std::move(email));
}

TEST(Identity, HasTheUserThatWasAuthorizedLast) {
  EXPECT_EQ(make()->user(), nullptr);
  const Identity first(claims(), test::peer("192.0.2.7"), std::nullopt, {}, user("a@x"));
  EXPECT_EQ(first.user()->email, "a@x");
  EXPECT_EQ(first.with(claims(), user("b@x"))->user()->email, "b@x");
  EXPECT_EQ(first.with(claims(), nullptr)->user(), nullptr);
  authx::Claims bare = claims();
  bare.all = boost::json::object{{"sub", "alice"}};
  const Identity no_claims(bare, test::peer("192.0.2.7"), std::nullopt, {}, user("a@x"));
  EXPECT_EQ(no_claims.user()->email, "a@x");
}

TEST(IdentitySlot, HoldsTheIdentityThatWasSetLast) {
  std::mutex mutex;
  const auto first = make();
  const auto second = make();
  IdentitySlot slot(first);
  EXPECT_EQ(slot.get(mutex).get(), first.get());
  slot.set(mutex, second);
  EXPECT_EQ(slot.get(mutex).get(), second.get());
}

TEST(IdentitySlot, IdentityThatWasTakenOutLivesOnAfterAnother) {
  std::mutex mutex;
  IdentitySlot slot(make("CN=first"));
  const auto taken = slot.get(mutex);
  slot.set(mutex, make("CN=second"));
  EXPECT_EQ(taken->certificate(), "CN=first");
  EXPECT_EQ(slot.get(mutex)->certificate(), "CN=second");
}

TEST(IdentitySlot, IsRenewedByAFreshToken) {
  std::mutex mutex;
  IdentitySlot slot(make("CN=tablet-7"));
  const auto before = slot.get(mutex);
  slot.renew(mutex, claims(kExpires + 1h), user("b@x"));
  EXPECT_EQ(slot.get(mutex)->user()->email, "b@x");
  EXPECT_EQ(slot.get(mutex)->expires(), kExpires + 1h);
  EXPECT_EQ(slot.get(mutex)->certificate(), "CN=tablet-7");
  EXPECT_EQ(before->expires(), kExpires);
}

TEST(IdentitySlot, HoldsItsLockOnlyWithinACall) {
  std::mutex mutex;
  IdentitySlot slot(make());
  slot.set(mutex, make());
  slot.renew(mutex, claims(), nullptr);
  (void)slot.get(mutex);
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

}  // namespace
}  // namespace microframe::ws
