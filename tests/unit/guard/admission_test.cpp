// Who is let in: the places of the process and of each address, the rate of handshakes, memory.

#include "guard/admission.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace microframe::guard {
namespace {

using Verdict = Admission::Verdict;

// Limits so high that they do not matter; each test lowers the one that it is about.
Limits limits() {
  Limits result;
  result.handshakes_per_second = 0;
  return result;
}

TEST(Admission, StopsAtTheConnectionsOfTheProcess) {
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

TEST(Admission, StopsAtTheConnectionsOfAnAddress) {
  Limits bounds = limits();
  bounds.connections_per_address_max = 1;
  bounds.handshakes_per_address_per_second = 0;
  Admission admission(bounds);
  auto one = admission.admit(0);
  auto two = admission.admit(0);
  auto three = admission.admit(0);
  EXPECT_EQ(admission.count_for("a", 0, one.second), Verdict::admitted);
  EXPECT_EQ(admission.count_for("a", 0, two.second), Verdict::address_full);
  EXPECT_EQ(admission.count_for("b", 0, three.second), Verdict::admitted);
  EXPECT_EQ(admission.connections(), 3U)
      << "one whose address is full holds its place until it goes";
  one.second = {};
  EXPECT_EQ(admission.count_for("a", 0, two.second), Verdict::admitted);
}

TEST(Admission, A08_AnAddressHasItsShareBeforeItTakesOfWhatAllShare) {
  Limits bounds;
  bounds.handshakes_per_second = 0.001;
  bounds.handshakes_burst = 7;
  bounds.connections_per_address_max = 2;
  bounds.handshakes_per_address_per_second = 1;
  Admission admission(bounds);
  const auto come = [&](const char* address, std::uint64_t now_ms) {
    auto [verdict, ticket] = admission.admit(now_ms);
    return verdict == Verdict::admitted ? admission.count_for(address, now_ms, ticket) : verdict;
  };
  // It only connects and drops.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(come("flooder", 1'000), Verdict::admitted);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(come("flooder", 1'000), Verdict::address_too_fast);
  for (const char* other : {"a", "b", "c"}) EXPECT_EQ(come(other, 1'000), Verdict::admitted);
  EXPECT_EQ(come("d", 1'000), Verdict::too_fast) << "all of the burst is taken";
}

TEST(Admission, A08_WhatAFullAddressAsksForCountsForNobodyElse) {
  Limits bounds;
  bounds.handshakes_per_second = 0.001;
  bounds.handshakes_burst = 3;
  bounds.connections_per_address_max = 1;
  bounds.handshakes_per_address_per_second = 0;
  Admission admission(bounds);
  auto first = admission.admit(0);
  EXPECT_EQ(admission.count_for("a", 0, first.second), Verdict::admitted);
  for (int i = 0; i < 10; ++i) {
    auto more = admission.admit(0);
    ASSERT_EQ(more.first, Verdict::admitted);
    EXPECT_EQ(admission.count_for("a", 0, more.second), Verdict::address_full);
  }
}

TEST(Admission, A08_AUserMayComeTwiceAsOftenAsItMayHaveDevicesThenByItsRate) {
  Limits bounds;
  bounds.devices_per_user_max = 2;
  bounds.handshakes_per_user_per_second = 1;
  Admission admission(bounds);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(admission.admits_user("alice", 5'000));
  EXPECT_FALSE(admission.admits_user("alice", 5'000));
  EXPECT_TRUE(admission.admits_user("bob", 5'000));
  EXPECT_TRUE(admission.admits_user("alice", 6'000));
  EXPECT_FALSE(admission.admits_user("alice", 6'000));
}

TEST(Admission, CountsAnIpv6ClientByItsNetworkOf64Bits) {
  const auto name = [](std::string_view ip) {
    return counted_as(net::PeerAddress(*base::IpAddress::parse(ip), 5000));
  };
  EXPECT_EQ(name("2001:db8:1:2::1"), name("2001:db8:1:2:ffff::9"));
  EXPECT_NE(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
  EXPECT_EQ(name("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(name("::ffff:192.0.2.7"), "192.0.2.7") << "IPv4 in IPv6 is IPv4";
  EXPECT_EQ(counted_as(net::PeerAddress{}), "unix");
}

TEST(Admission, StopsAtTheHandshakesPerSecond) {
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
  // The clock of another loop, whose iteration began earlier, does not fill the bucket.
  EXPECT_EQ(admission.admit(now + 50).first, Verdict::too_fast);
  EXPECT_EQ(admission.admit(now + 100).first, Verdict::too_fast);
}

TEST(Admission, AdmitsNobodyWhileMemoryIsFull) {
  Admission admission(limits());
  admission.shed(true);
  EXPECT_EQ(admission.admit(0).first, Verdict::memory_full);
  admission.shed(false);
  EXPECT_EQ(admission.admit(0).first, Verdict::admitted);
}

TEST(Admission, ALimitOfZeroIsNoLimit) {
  Limits bounds;
  bounds.connections_max = bounds.connections_per_address_max = bounds.authentications_max = 0;
  bounds.handshakes_per_second = 0;
  Admission admission(bounds);
  std::vector<Admission::Ticket> tickets;
  std::vector<base::Slots::Place> places;
  for (int i = 0; i < 20'000; ++i) {
    auto [verdict, ticket] = admission.admit(0);
    EXPECT_EQ(verdict, Verdict::admitted);
    EXPECT_EQ(admission.count_for("a", 0, ticket), Verdict::admitted);
    tickets.push_back(std::move(ticket));
    places.push_back(admission.authentications().take());
    EXPECT_TRUE(places.back());
  }
  tickets.clear();
  EXPECT_EQ(admission.connections(), 0U);
}

// --- what a peer is told that was not admitted ---

TEST(Refusal, EachVerdictHasItsReasonAndStatus) {
  constexpr struct {
    Verdict verdict;
    Rejection why;
    unsigned status;
    bool retry;
    bool sees_pages;
  } kCases[] = {
      {Verdict::memory_full, Rejection::memory_full, 503, true, true},
      {Verdict::process_full, Rejection::server_full, 503, true, true},
      {Verdict::too_fast, Rejection::handshake_flood, 503, true, true},
      {Verdict::address_full, Rejection::address_full, 429, false, false},
      {Verdict::address_too_fast, Rejection::address_flood, 429, true, false},
      {Verdict::no_proxy, Rejection::no_proxy, 403, false, false},
  };
  for (const auto& expected : kCases) {
    const Refusal refusal = refusal_of(expected.verdict);
    SCOPED_TRACE(to_string(expected.why));
    EXPECT_EQ(refusal.why, expected.why);
    EXPECT_EQ(refusal.status, expected.status);
    EXPECT_EQ(refusal.fields, expected.retry ? "Retry-After: 5\r\n" : "");
    EXPECT_EQ(refusal.sees_pages, expected.sees_pages);
    EXPECT_FALSE(refusal.detail.empty());
  }
}

}  // namespace
}  // namespace microframe::guard
