// Two threads that change which Identity a device has.
#include "ws/identity_slot.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <mutex>
#include <thread>

#include "unit/ws/loop_site.hpp"

namespace microframe::ws {
namespace {

authx::Claims claims_until(int seconds) {
  authx::Claims claims;
  claims.expires = authx::Time(std::chrono::seconds(seconds));
  claims.all = boost::json::object();
  return claims;
}

base::Ref<const Identity> identity_of(std::string_view ip) {
  authx::Claims claims;
  claims.all = boost::json::object();
  return base::Ref<const Identity>(new Identity(claims, test::peer(ip), std::nullopt));
}

// A token is refreshed on one thread while the client comes back on another. The race is run many
// times: an identity that is lost in one of a few hundred is found.
TEST(IdentitySlot, RefreshDoesNotBringBackWhoTheClientWasBeforeItCameBack) {
  constexpr int kRuns = 2'000;
  std::mutex mutex;
  IdentitySlot slot(identity_of("192.0.2.1"));
  std::atomic<int> run{0};
  std::atomic<int> renewed{0};
  std::thread refreshes([&] {
    for (int i = 1; i <= kRuns; ++i) {
      while (run < i) {
      }
      slot.renew(mutex, claims_until(i), nullptr);
      renewed = i;
    }
  });
  int lost = 0;
  for (int i = 1; i <= kRuns; ++i) {
    slot.set(mutex, identity_of("192.0.2.1"));
    auto next = identity_of("192.0.2.2");
    run = i;
    slot.set(mutex, std::move(next));
    while (renewed < i) {
    }
    if (slot.get(mutex)->peer().host() != "192.0.2.2") ++lost;
  }
  refreshes.join();
  EXPECT_EQ(lost, 0);
}

TEST(IdentitySlot, RefreshKeepsThePeer) {
  std::mutex mutex;
  IdentitySlot slot(identity_of("192.0.2.1"));
  const auto before = slot.get(mutex);
  slot.renew(mutex, claims_until(7), nullptr);
  EXPECT_EQ(slot.get(mutex)->peer().host(), "192.0.2.1");
  EXPECT_EQ(slot.get(mutex)->expires(), authx::Time(std::chrono::seconds(7)));
  EXPECT_EQ(before->expires(), authx::Time()) << "whoever holds the former sees no change";
}

}  // namespace
}  // namespace microframe::ws
