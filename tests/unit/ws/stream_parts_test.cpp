// The small parts of a stream: round trips, pongs, who waits for an empty outbox, how it ends.
#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/buffer.hpp"
#include "ws/drain_waiters.hpp"
#include "ws/ending.hpp"
#include "ws/pongs.hpp"
#include "ws/round_trip.hpp"

namespace microframe::ws {
namespace {

// --- RoundTrip

TEST(RoundTrip, IsTheTimeFromAPingToItsPong) {
  RoundTrip trip;
  const auto ping = trip.begin(1'000);
  EXPECT_EQ(trip.end(ping, 1'250), 250U);
}

TEST(RoundTrip, IsToldOfTheFirstPongOnly) {
  RoundTrip trip;
  const auto ping = trip.begin(1'000);
  EXPECT_TRUE(trip.end(ping, 1'250));
  EXPECT_FALSE(trip.end(ping, 1'300));
}

TEST(RoundTrip, IsToldOfTheLatestPingOnly) {
  RoundTrip trip;
  const auto first = trip.begin(1'000);
  const auto second = trip.begin(2'000);
  EXPECT_FALSE(trip.end(first, 2'100)) << "RFC 6455 §5.5.3: a pong may be skipped";
  EXPECT_EQ(trip.end(second, 2'300), 300U);
}

TEST(RoundTrip, UnsolicitedPongTellsNothing) {
  RoundTrip trip;
  EXPECT_FALSE(trip.end({}, 1'000)) << "no ping has left";
  EXPECT_FALSE(trip.end(RoundTrip::Payload{}, 1'000)) << "no ping has left";
  const auto ping = trip.begin(1'000);
  EXPECT_FALSE(trip.end({}, 1'100));
  EXPECT_FALSE(trip.end(base::as_bytes("heartbeat, of the peer's"), 1'100));
  EXPECT_FALSE(trip.end(base::Bytes(ping).first(7), 1'100));
  EXPECT_FALSE(trip.end(base::as_bytes("8 bytes."), 1'100));
  EXPECT_EQ(trip.end(ping, 1'200), 200U) << "the ping can still be answered";
}

// --- Pongs

using test::buffer;

std::string_view text_of(const base::SharedBuffer& buffer) {
  return base::as_text(buffer.bytes());
}

TEST(Pongs, FirstPongIsQueuedAndTheNextIsKept) {
  Pongs pongs;
  const auto first = pongs.queue(buffer("1"));
  EXPECT_EQ(text_of(first), "1");
  EXPECT_FALSE(pongs.queue(buffer("2"))) << "the first waits in the socket";
  EXPECT_EQ(text_of(pongs.take()), "2");
}

TEST(Pongs, OfManyPongsOnlyTheNewestIsKept) {
  Pongs pongs;
  const auto first = pongs.queue(buffer("1"));
  for (const char* text : {"2", "3", "4"}) EXPECT_FALSE(pongs.queue(buffer(text))) << text;
  EXPECT_EQ(text_of(pongs.take()), "4");
  EXPECT_FALSE(pongs.take()) << "it is sent once";
}

TEST(Pongs, PongIsQueuedAgainOnceTheFormerHasLeftTheSocket) {
  Pongs pongs;
  auto first = pongs.queue(buffer("1"));
  first = {};  // the socket has sent it
  const auto second = pongs.queue(buffer("2"));
  EXPECT_EQ(text_of(second), "2");
  EXPECT_FALSE(pongs.queue(buffer("3")));
}

TEST(Pongs, PongThatWasKeptIsForgottenForANewerOneThatIsQueued) {
  Pongs pongs;
  auto first = pongs.queue(buffer("1"));
  EXPECT_FALSE(pongs.queue(buffer("2")));
  first = {};
  const auto third = pongs.queue(buffer("3"));
  EXPECT_EQ(text_of(third), "3");
  EXPECT_FALSE(pongs.take()) << "an answer to an older ping is of no use any more";
}

TEST(Pongs, NothingIsKeptAtFirst) {
  Pongs pongs;
  EXPECT_FALSE(pongs.take());
}

// --- DrainWaiters

TEST(DrainWaiters, AllAreToldInTheirOrderAndOnce) {
  DrainWaiters waiters;
  std::vector<std::string> told;
  waiters.add([&](bool drained) { told.push_back(drained ? "a drained" : "a over"); });
  waiters.add([&](bool drained) { told.push_back(drained ? "b drained" : "b over"); });
  waiters.tell(true);
  EXPECT_EQ(told, (std::vector<std::string>{"a drained", "b drained"}));
  waiters.tell(false);
  EXPECT_EQ(told.size(), 2U);
}

TEST(DrainWaiters, AreToldThatTheSessionHasEnded) {
  DrainWaiters waiters;
  std::optional<bool> told;
  waiters.add([&](bool drained) { told = drained; });
  waiters.tell(false);
  EXPECT_EQ(told, false);
}

TEST(DrainWaiters, WhoWaitsAgainWhileToldIsToldToo) {
  DrainWaiters waiters;
  int told = 0;
  waiters.add([&](bool) {
    ++told;
    waiters.add([&](bool) { ++told; });
  });
  waiters.tell(true);
  EXPECT_EQ(told, 2);
}

TEST(DrainWaiters, WhomThereWasNoMemoryToTellIsToldByTheNextCall) {
  DrainWaiters waiters;
  std::vector<std::string> told;
  bool memory_is_out = true;
  waiters.add([&](bool) { told.emplace_back("a"); });
  waiters.add([&](bool) {
    if (memory_is_out) throw std::bad_alloc();
    told.emplace_back("b");
  });
  EXPECT_THROW(waiters.tell(true), std::bad_alloc);
  memory_is_out = false;
  waiters.tell(true);
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b"})) << "nobody is told twice";
}

// --- Ending

TEST(Ending, BecomesTheReasonThatOnDisconnectIsTold) {
  std::string why = "too slow, again";
  const Ending ending{Ending::How::ours, DisconnectCause::too_slow, proto::CloseCode::too_slow,
                      why};
  const DisconnectReason reason = ending.to_reason();
  why.assign(why.size(), '#');
  EXPECT_EQ(reason.cause, DisconnectCause::too_slow);
  EXPECT_EQ(reason.code, 4408U);
  EXPECT_EQ(reason.text, "too slow, again") << "a copy";
}

TEST(Ending, IsNoRejectionUnlessItSaysSo) {
  const Ending ending{Ending::How::peers, DisconnectCause::peer_closed, proto::CloseCode::normal,
                      ""};
  EXPECT_EQ(ending.rejection, std::nullopt);
  EXPECT_EQ(ending.detail, "");
}

}  // namespace
}  // namespace microframe::ws
