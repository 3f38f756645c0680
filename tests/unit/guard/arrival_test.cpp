// What an accepted connection holds until somebody takes it over.

#include "guard/arrival.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <utility>

namespace microframe::guard {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

TEST(Arrival, GivesItsPlaceBackAndClosesWhenNobodyTakesIt) {
  Admission admission{Limits()};
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  auto [verdict, ticket] = admission.admit(0);
  std::optional<Arrival> arrival(
      Arrival{net::Descriptor(pipe[0]), net::PeerAddress(), verdict, std::move(ticket)});
  EXPECT_EQ(admission.connections(), 1U);
  EXPECT_TRUE(is_open(pipe[0]));
  arrival.reset();
  EXPECT_EQ(admission.connections(), 0U);
  EXPECT_FALSE(is_open(pipe[0]));
  ::close(pipe[1]);
}

TEST(Arrival, HoldsOnePlaceWhereverItMoves) {
  Admission admission{Limits()};
  auto [verdict, ticket] = admission.admit(0);
  std::optional<Arrival> first(
      Arrival{net::Descriptor(), net::PeerAddress(), verdict, std::move(ticket)});
  std::optional<Arrival> second(std::move(first));
  first.reset();
  EXPECT_EQ(admission.connections(), 1U);
  second.reset();
  EXPECT_EQ(admission.connections(), 0U);
}

TEST(Arrival, HoldsNoPlaceIfItWasRefused) {
  Limits limits;
  limits.connections_max = 1;
  Admission admission(limits);
  const auto held = admission.admit(0);
  auto [verdict, ticket] = admission.admit(0);
  const Arrival refused{net::Descriptor(), net::PeerAddress(), verdict, std::move(ticket)};
  EXPECT_EQ(refused.verdict, Admission::Verdict::process_full);
  EXPECT_EQ(admission.connections(), 1U);
}

}  // namespace
}  // namespace microframe::guard
