// What the watchdog sees from its own thread. It looks every few milliseconds; the tests wait for
// what it sees, not for a time.
#include "ws/watchdog.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "unit/ws/loop_site.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using detail::ActivitySign;
using Verdict = guard::Admission::Verdict;

Limits watched_limits() {
  Limits limits = test::patient_limits();
  limits.hook_warning_time = 1ms;
  return limits;
}

void wait_for_blocked(const Site& site, std::uint64_t count) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (site.counts.blocked_hooks != count && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
}

TEST(Watchdog, CountsEachHookThatBlocksItsLoopOnce) {
  Site site(watched_limits(), {}, {});
  ActivitySign first;
  ActivitySign second;
  const Watchdog watchdog(site, {&first, &second});
  {
    const ActivitySign::Scope blocks(first, {"on_message", "/ws"});
    wait_for_blocked(site, 1);
    EXPECT_EQ(site.counts.blocked_hooks, 1U);
    const ActivitySign::Scope also(second, {"on_connect", "/ws"});
    wait_for_blocked(site, 2);
    EXPECT_EQ(site.counts.blocked_hooks, 2U);
  }
  const ActivitySign::Scope again(first, {"on_message", "/ws"});
  wait_for_blocked(site, 3);
  EXPECT_EQ(site.counts.blocked_hooks, 3U);
}

TEST(Watchdog, WithoutAWarningTimeLooksAtNoHook) {
  Limits limits = watched_limits();
  limits.hook_warning_time = 0ms;
  limits.memory_bytes_max = std::size_t{1} << 40;
  Site site(limits, {}, {});
  ActivitySign sign;
  const ActivitySign::Scope blocks(sign, {"on_message", "/ws"});
  const Watchdog watchdog(site, {&sign});
  for (int looks = 0; looks < 3; ++looks) {
    site.registries.admission.shed(true);  // until the next look
    while (site.registries.admission.admit(0).first == Verdict::memory_full)
      std::this_thread::yield();
  }
  EXPECT_EQ(site.counts.blocked_hooks, 0U);
}

TEST(Watchdog, MemoryThatIsFullIsSeenBeforeTheFirstConnection) {
  Limits limits = watched_limits();
  limits.memory_bytes_max = 1;  // any process has more
  Site site(limits, {}, {});
  EXPECT_EQ(site.registries.admission.admit(0).first, Verdict::admitted);
  const Watchdog watchdog(site, {});
  EXPECT_EQ(site.registries.admission.admit(0).first, Verdict::memory_full);
}

TEST(Watchdog, MemoryBelowItsLimitRefusesNobody) {
  Limits limits = watched_limits();
  limits.memory_bytes_max = std::size_t{1} << 40;
  Site site(limits, {}, {});
  site.registries.admission.shed(true);  // as if it had been full
  const Watchdog watchdog(site, {});
  EXPECT_EQ(site.registries.admission.admit(0).first, Verdict::admitted);
}

}  // namespace
}  // namespace microframe::ws
