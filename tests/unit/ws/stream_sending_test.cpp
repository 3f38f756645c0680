// What a stream sends: where its outbox is full, who waits until it is empty, compression.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "support/compression.hpp"
#include "unit/ws/stream_bench.hpp"
#include "ws/stream.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using test::frame;
using test::Journal;
using test::kHour;
using test::kOverKernel;
using test::patient_limits;
using test::RawClient;
using test::StreamBench;
using Lines = Journal::Lines;

constexpr std::size_t kOutbox = 64 * 1024;

Limits outbox_limits() {
  Limits limits = patient_limits();
  limits.message_bytes_max = limits.outbox_bytes_max = kOutbox;
  return limits;
}

base::SharedBuffer big_frame() {
  return StreamBench::text_frame(std::string(kOverKernel, 'x'));
}

// Fills the kernel's buffer: from here on what is sent waits.
void block(Stream& stream) {
  stream.send(big_frame());
  stream.when_drained([](bool) {});  // the kernel is asked now
  ASSERT_GT(stream.buffered(), kOutbox);
}

// --- a full outbox ---

TEST(StreamOutbox, FullEndsTheStreamWith4408ButNotFromInsideTheSend) {
  StreamBench bench(outbox_limits());
  bench.on_loop([&](Stream& stream) {
    block(stream);
    stream.send(StreamBench::text_frame("one too many"));
    EXPECT_EQ(bench.journal.lines(), Lines{"overflow"});
    EXPECT_TRUE(stream.is_open());
    stream.send(StreamBench::text_frame("another"));  // told no second time
  });
  bench.settle();
  EXPECT_EQ(bench.journal.lines(),
            (Lines{"overflow", "rejected too_slow: outbox is full", "ending too_slow 4408 too slow",
                   "ended too_slow 4408 too slow"}));
  EXPECT_EQ(bench.peer.read_frame().payload.size(), kOverKernel);
  EXPECT_EQ(bench.peer.read_frame().close_code(), 4408U);
}

TEST(StreamOutbox, EndingTheOverflowedDoesNothingToAStreamThatIsNot) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) {
    stream.end_overflowed();
    EXPECT_TRUE(stream.is_open());
  });
  EXPECT_EQ(bench.journal.lines(), Lines{});
}

TEST(StreamOutbox, OneFrameAloneMayBeAsLongAsItLikes) {
  StreamBench bench(outbox_limits());
  bench.on_loop([](Stream& stream) { stream.send(big_frame()); });
  EXPECT_EQ(bench.peer.read_frame().payload.size(), kOverKernel);
  EXPECT_EQ(bench.journal.lines(), Lines{});
}

TEST(StreamOutbox, WhatIsSentAgainIsNotBounded) {
  StreamBench bench(outbox_limits());
  bench.on_loop([](Stream& stream) {
    block(stream);
    stream.send_again({StreamBench::text_frame("again")});
  });
  EXPECT_EQ(bench.peer.read_frame().payload.size(), kOverKernel);
  EXPECT_EQ(bench.peer.read_frame().payload, "again");
  EXPECT_EQ(bench.journal.lines(), Lines{});
}

TEST(StreamOutbox, PeerThatTakesNothingForTooLongIsClosedWith4408) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) { block(stream); });
  bench.pass(kHour - 1min);
  EXPECT_EQ(bench.journal.lines(), Lines{});
  bench.pass(2min);
  EXPECT_EQ(bench.journal.lines(),
            (Lines{"rejected too_slow: no progress", "ending too_slow 4408 too slow",
                   "ended too_slow 4408 too slow"}));
  EXPECT_EQ(bench.peer.read_frame().payload.size(), kOverKernel);
  EXPECT_EQ(bench.peer.read_frame().close_code(), 4408U);
}

TEST(StreamOutbox, OtherThreadsSeeWhatWaitsInTheGauge) {
  StreamBench bench;
  EXPECT_EQ(bench.gauges.waiting_bytes, 0U);
  std::size_t waiting = 0;
  bench.on_loop([&](Stream& stream) {
    block(stream);
    waiting = stream.buffered();
  });
  EXPECT_EQ(bench.gauges.waiting_bytes, waiting);
  std::atomic<bool> drained{false};
  bench.on_loop([&](Stream& stream) { stream.when_drained([&](bool is) { drained = is; }); });
  EXPECT_EQ(bench.peer.read_frame().payload.size(), kOverKernel);
  while (!drained) bench.settle();
  EXPECT_EQ(bench.gauges.waiting_bytes, 0U);
}

// --- drained ---

TEST(StreamDrained, IsToldAtOnceWhereNothingWaits) {
  StreamBench bench;
  bench.on_loop([&](Stream& stream) {
    stream.send(StreamBench::text_frame("short"));
    EXPECT_GT(stream.buffered(), 0U) << "it leaves at the end of the iteration";
    stream.when_drained([&](bool drained) { bench.journal.note(drained ? "drained" : "ended"); });
    EXPECT_EQ(stream.buffered(), 0U);
  });
  EXPECT_EQ(bench.journal.lines(), Lines{"drained"});
}

TEST(StreamDrained, IsToldToAllWhoWaitOnceThePeerHasTakenAll) {
  StreamBench bench;
  bench.on_loop([&](Stream& stream) {
    block(stream);
    for (const char* name : {"first ", "second "})
      stream.when_drained([&bench, name](bool drained) {
        bench.journal.note(std::string(name) + (drained ? "drained" : "ended"));
      });
  });
  EXPECT_EQ(bench.journal.lines(), Lines{});
  EXPECT_EQ(bench.peer.read_frame().payload.size(), kOverKernel);
  EXPECT_EQ(bench.journal.wait_for(2), (Lines{"first drained", "second drained"}));
}

TEST(StreamDrained, FailsWhereTheStreamEndsBefore) {
  using End = void (*)(Stream&);
  const End ends[] = {[](Stream& stream) { stream.end(StreamBench::ours()); },
                      [](Stream& stream) { stream.drop(); }};
  for (const End end : ends) {
    StreamBench bench;
    bench.on_loop([&](Stream& stream) {
      block(stream);
      stream.when_drained(
          [&](bool drained) { bench.journal.note(drained ? "drained" : "failed"); });
      end(stream);
      stream.when_drained([&](bool drained) { bench.journal.note(drained ? "drained" : "late"); });
    });
    EXPECT_TRUE(bench.journal.has("failed"));
    EXPECT_TRUE(bench.journal.has("late"));
    EXPECT_FALSE(bench.journal.has("drained"));
  }
}

// --- compression ---

DeflateAgreement agreement(bool takes_over) {
  proto::DeflateParams params;
  params.server_no_context_takeover = params.client_no_context_takeover = !takes_over;
  DeflateAgreement agreed;
  agreed.params = params;
  return agreed;
}

Compression compression(bool takes_over) {
  Compression settings;
  settings.context_takeover = takes_over;
  return settings;
}

TEST(StreamCompression, GoesBothWaysAndIsCounted) {
  StreamBench bench(patient_limits(), compression(false), agreement(false));
  const std::string text = test::talk(1000);
  bench.peer.send(test::deflated_frame(text) + frame(0x81, "plain"));
  EXPECT_EQ(bench.journal.wait_for(2), (Lines{"text " + text, "text plain"}));
  bench.on_loop([&](Stream& stream) {
    stream.send(StreamBench::text_frame(text));
    stream.send(StreamBench::text_frame("short"));
  });
  EXPECT_EQ(test::read_deflated(bench.peer), text);
  EXPECT_EQ(bench.peer.read_text(), "short");
  EXPECT_EQ(bench.counts.compression.received.plain, text.size());
  EXPECT_LT(bench.counts.compression.received.compressed, text.size() / 2);
  EXPECT_EQ(bench.counts.compression.sent.plain, text.size());
}

TEST(StreamCompression, WithTakeoverAMessageRefersToTheOneBefore) {
  StreamBench bench(patient_limits(), compression(true), agreement(true));
  const std::string text = test::noise(200);
  test::RawDeflate deflate;
  test::RawInflate inflate;
  std::size_t first_size = 0;
  for (int i = 0; i < 2; ++i) {
    bench.peer.send(frame(0xC2, deflate.message(text)));
    ASSERT_EQ(bench.journal.wait_for(i + 1U).size(), i + 1U);
    EXPECT_EQ(bench.journal.lines().back(), "binary " + text);
    bench.on_loop([&](Stream& stream) {
      stream.send(proto::encode_message(true, base::as_bytes(test::talk(300, "words and "))));
    });
    const auto received = bench.peer.read_frame();
    EXPECT_EQ(received.first, 0xC2U);
    EXPECT_EQ(inflate.message(received.payload), test::talk(300, "words and "));
    if (i == 0) {
      first_size = received.payload.size();
    } else {
      EXPECT_LT(received.payload.size(), first_size);
    }
  }
}

TEST(StreamCompression, WhatIsSentAgainIsCompressedToo) {
  StreamBench bench(patient_limits(), compression(false), agreement(false));
  const std::string text = test::talk(1000);
  bench.on_loop([&](Stream& stream) { stream.send_again({StreamBench::text_frame(text)}); });
  EXPECT_EQ(test::read_deflated(bench.peer), text);
}

TEST(StreamCompression, FramesThatCannotBeInflatedFailTheStream) {
  StreamBench bench(patient_limits(), compression(false), agreement(false));
  bench.peer.send(frame(0xC1, "\xFF\xFF\xFF\xFF"));
  EXPECT_EQ(bench.peer.read_close(), 1007U);
  bench.peer = RawClient::adopt(-1);
  ASSERT_TRUE(bench.journal.wait_for("over"));
  EXPECT_TRUE(bench.journal.lines().front().starts_with("rejected protocol_error: "));
}

TEST(StreamCompression, WithoutAnAgreementAllGoesPlain) {
  StreamBench bench;
  const std::string text = test::talk(1000);
  bench.on_loop([&](Stream& stream) { stream.send(StreamBench::text_frame(text)); });
  EXPECT_EQ(bench.peer.read_text(), text);
}

}  // namespace
}  // namespace microframe::ws
