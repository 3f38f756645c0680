// Who is let in: the process's places, each address's, the rate of handshakes, memory.

#include "guard/admission.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "guard/hook_watch.hpp"

namespace microframe::guard {
namespace {

using namespace std::chrono_literals;
using Verdict = Admission::Verdict;

// A bound of each kind, so high that it does not matter; a test lowers its own.
Limits limits() {
  Limits result;
  result.handshakes_per_second = 0;
  return result;
}

TEST(Admission, TakesAsManyAsTheProcessMay) {
  Limits bounds = limits();
  bounds.connections_max = 2;
  Admission admission(bounds);
  auto first = admission.admit(0);
  auto second = admission.admit(0);
  EXPECT_EQ(second.first, Verdict::admitted);
  EXPECT_EQ(admission.admit(0).first, Verdict::process_full);
  first.second = {};
  EXPECT_EQ(admission.connections(), 1U);
  EXPECT_EQ(admission.admit(0).first, Verdict::admitted);
}

TEST(Admission, TakesAsManyAsAnAddressMay) {
  Limits bounds = limits();
  bounds.connections_per_address_max = 1;
  Admission admission(bounds);
  auto one = admission.admit(0);
  auto two = admission.admit(0);
  auto three = admission.admit(0);
  EXPECT_EQ(admission.count_for("a", one.second), Verdict::admitted);
  EXPECT_EQ(admission.count_for("a", two.second), Verdict::address_full);
  EXPECT_EQ(admission.count_for("b", three.second), Verdict::admitted);
  EXPECT_EQ(admission.connections(), 3U)
      << "one whose address is full holds its place until it goes";
  one.second = {};
  EXPECT_EQ(admission.count_for("a", two.second), Verdict::admitted);
}

TEST(Admission, CountsAnIpv6ClientForItsSubscriber) {
  const auto name = [](std::string_view ip) {
    return counted_as(net::PeerAddress(*base::IpAddress::parse(ip), 5000));
  };
  EXPECT_EQ(name("2001:db8:1:2::1"), name("2001:db8:1:2:ffff::9"));
  EXPECT_NE(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
  EXPECT_EQ(name("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(name("::ffff:192.0.2.7"), "192.0.2.7") << "IPv4 in IPv6 is IPv4";
  EXPECT_EQ(counted_as(net::PeerAddress{}), "unix");
}

TEST(Admission, TakesAsManyASecondAsTheProcessMay) {
  Limits bounds;
  bounds.handshakes_per_second = 10;
  bounds.handshakes_burst = 3;
  Admission admission(bounds);
  std::uint64_t now = 1'000'000;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admission.admit(now).first, Verdict::admitted);
  EXPECT_EQ(admission.admit(now).first, Verdict::too_fast);
  EXPECT_EQ(admission.admit(now + 99).first, Verdict::too_fast);
  EXPECT_EQ(admission.admit(now + 100).first, Verdict::admitted);
  EXPECT_EQ(admission.admit(now + 100).first, Verdict::too_fast);
  // Another loop, whose iteration began earlier: its clock does not fill the bucket.
  EXPECT_EQ(admission.admit(now + 50).first, Verdict::too_fast);
  EXPECT_EQ(admission.admit(now + 100).first, Verdict::too_fast);
}

TEST(Admission, TakesNobodyWhileMemoryIsFull) {
  Admission admission(limits());
  admission.shed(true);
  EXPECT_EQ(admission.admit(0).first, Verdict::memory_full);
  admission.shed(false);
  EXPECT_EQ(admission.admit(0).first, Verdict::admitted);
}

TEST(Admission, ABoundOfZeroIsNone) {
  Limits bounds;
  bounds.connections_max = bounds.connections_per_address_max = bounds.authentications_max = 0;
  bounds.handshakes_per_second = 0;
  Admission admission(bounds);
  std::vector<Admission::Ticket> tickets;
  std::vector<base::Slots::Place> places;
  for (int i = 0; i < 20'000; ++i) {
    auto [verdict, ticket] = admission.admit(0);
    EXPECT_EQ(verdict, Verdict::admitted);
    EXPECT_EQ(admission.count_for("a", ticket), Verdict::admitted);
    tickets.push_back(std::move(ticket));
    places.push_back(admission.authentications().take());
    EXPECT_TRUE(places.back());
  }
  tickets.clear();
  EXPECT_EQ(admission.connections(), 0U);
}

TEST(Slots, GiveEachPlaceOnce) {
  base::Slots slots(2);
  base::Slots::Place one = slots.take();
  base::Slots::Place two = slots.take();
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(slots.take());
  EXPECT_EQ(slots.taken(), 2U);
  base::Slots::Place moved = std::move(one);
  EXPECT_EQ(slots.taken(), 2U);
  moved = {};
  EXPECT_EQ(slots.taken(), 1U);
  EXPECT_TRUE(slots.take());
}

TEST(Rejection, EachHasAName) {
  for (std::size_t i = 0; i < kRejections; ++i)
    EXPECT_FALSE(to_string(static_cast<Rejection>(i)).empty()) << i;
}

// --- what the watchdog sees ---

using Kind = HookWatch::Finding::Kind;

TEST(HookWatch, NamesARunThatLastsOnceAndItsEndOnce) {
  detail::ActivitySign sign;
  HookWatch watch;
  EXPECT_FALSE(watch.look(sign.read(), 0ms, 1s));
  EXPECT_FALSE(watch.look(sign.read(), 5s, 1s)) << "nothing runs";
  {
    const detail::ActivitySign::Scope scope(sign, {"on_message", "/ws"});
    EXPECT_FALSE(watch.look(sign.read(), 6s, 1s));
    EXPECT_FALSE(watch.look(sign.read(), 6999ms, 1s));
    const auto blocks = watch.look(sign.read(), 7s, 1s);
    ASSERT_TRUE(blocks);
    EXPECT_EQ(blocks->kind, Kind::blocks);
    EXPECT_STREQ(blocks->activity.hook, "on_message");
    EXPECT_STREQ(blocks->activity.endpoint, "/ws");
    EXPECT_EQ(blocks->seen, 1s);
    EXPECT_FALSE(watch.look(sign.read(), 60s, 1s)) << "told already";
  }
  const auto ended = watch.look(sign.read(), 61s, 1s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, Kind::ended);
  EXPECT_STREQ(ended->activity.hook, "on_message");
  EXPECT_EQ(ended->seen, 55s);
  EXPECT_FALSE(watch.look(sign.read(), 100s, 1s));
}

TEST(HookWatch, ABusyLoopIsNotABlockedOne) {
  detail::ActivitySign sign;
  HookWatch watch;
  for (int i = 0; i < 100; ++i) {
    const detail::ActivitySign::Scope scope(sign, {"on_message", "/ws"});
    EXPECT_FALSE(watch.look(sign.read(), i * 1s, 1s));
  }
}

TEST(HookWatch, AHookWithinAHookDoesNotHideIt) {
  detail::ActivitySign sign;
  HookWatch watch;
  const detail::ActivitySign::Scope outer(sign, {"on_message", "/ws"});
  EXPECT_FALSE(watch.look(sign.read(), 0ms, 1s));
  {
    const detail::ActivitySign::Scope inner(sign, {"on_disconnect", "/other"});
    EXPECT_STREQ(sign.read().activity.hook, "on_disconnect");
  }
  const auto blocks = watch.look(sign.read(), 1s, 1s);
  ASSERT_TRUE(blocks);
  EXPECT_STREQ(blocks->activity.hook, "on_message");
}

}  // namespace
}  // namespace microframe::guard
