// What a peer sends on a stream, and how a stream ends.
#include "ws/stream.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "unit/ws/stream_bench.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::frame;
using test::Journal;
using test::kHour;
using test::patient_limits;
using test::RawClient;
using test::StreamBench;
using Lines = Journal::Lines;
using How = Ending::How;

// Reads `bytes` as if the socket had received them in these two pieces.
void read_in_two(StreamBench& bench, const std::string& bytes, std::size_t cut) {
  bench.on_loop([&](Stream& stream) {
    auto first = test::bytes(bytes.substr(0, cut));
    auto second = test::bytes(bytes.substr(cut));
    stream.read(first);
    stream.read(second);
  });
}

// --- messages ---

TEST(StreamMessages, TextAndBinaryAreTold) {
  StreamBench bench;
  bench.peer.send(frame(0x81, "hello") + frame(0x82, "\x01\x02") + frame(0x81, ""));
  EXPECT_EQ(bench.journal.wait_for(3), (Lines{"text hello", "binary \x01\x02", "text "}));
}

TEST(StreamMessages, PiecesAndPingsBetweenThemMakeOneMessageWhereverTheBytesAreCut) {
  const std::string bytes =
      frame(0x01, "one ") + frame(0x89, "p") + frame(0x00, "two ") + frame(0x80, "three");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    StreamBench bench;
    read_in_two(bench, bytes, cut);
    EXPECT_EQ(bench.journal.lines(), Lines{"text one two three"}) << cut;
    EXPECT_EQ(bench.peer.read_frame().first, 0x8AU) << cut;
  }
}

TEST(StreamMessages, MessagesBehindTheOneThatEndsTheStreamAreNotTold) {
  StreamBench bench;
  bench.at_message = [](Stream& stream, std::string_view) { stream.end(StreamBench::ours()); };
  bench.peer.send(frame(0x81, "first") + frame(0x81, "second") + frame(0x89, "ping"));
  EXPECT_EQ(bench.peer.read_frame().close_code(), 1000U);
  bench.peer.send_close();
  EXPECT_TRUE(bench.journal.wait_for("over"));
  EXPECT_EQ(bench.journal.lines(), (Lines{"text first", "ending server_closed 1000 ",
                                          "ended server_closed 1000 ", "over"}));
}

TEST(StreamMessages, WaitInTheKernelWhileReadingIsPaused) {
  StreamBench bench;
  bench.at_message = [](Stream& stream, std::string_view) { stream.pause_reading(); };
  bench.peer.send(frame(0x81, "first"));
  ASSERT_TRUE(bench.journal.wait_for("text first"));
  bench.peer.send(frame(0x81, "second"));
  bench.settle();
  EXPECT_EQ(bench.journal.lines(), Lines{"text first"});
  bench.on_loop([](Stream& stream) { stream.resume_reading(); });
  EXPECT_TRUE(bench.journal.wait_for("text second"));
}

TEST(StreamMessages, MemoryThatRunsOutEndsTheTurnAndIsToldToTheOwner) {
  StreamBench bench;
  bench.at_message = [](Stream&, std::string_view) { throw std::bad_alloc(); };
  bench.peer.send(frame(0x81, "first") + frame(0x81, "second"));
  EXPECT_EQ(bench.journal.wait_for(2), (Lines{"text first", "out of memory"}));
}

TEST(StreamMessages, A07_OneThatDoesNotEndInTimeEndsTheStream) {
  Limits limits = patient_limits();
  limits.message_time = kHour;
  for (const std::string& half :
       {frame(0x01, "of a message"), frame(0x81, "of a frame").substr(0, 8), std::string("\x81")}) {
    StreamBench bench(limits);
    bench.peer.send(frame(0x81, "whole") + half);
    ASSERT_TRUE(bench.journal.wait_for("text whole"));
    bench.settle();
    bench.pass(kHour + 1s);
    EXPECT_EQ(bench.peer.read_close(), 4408U);
    EXPECT_TRUE(bench.journal.has("rejected message_timeout: a message does not end"));
  }
}

TEST(StreamMessages, A07_EachHasATimeOfItsOwn) {
  Limits limits = patient_limits();
  limits.message_time = 2 * kHour;
  StreamBench bench(limits);
  bench.peer.send(frame(0x01, "one "));
  bench.settle();
  bench.pass(kHour);
  bench.peer.send(frame(0x80, "message") + frame(0x01, "another "));
  ASSERT_TRUE(bench.journal.wait_for("text one message"));
  bench.pass(kHour - 1min);
  bench.peer.send(frame(0x80, "message"));
  EXPECT_TRUE(bench.journal.wait_for("text another message"));
  bench.pass(2 * kHour);
  EXPECT_EQ(bench.journal.lines().size(), 2U) << "none has begun";
}

TEST(StreamMessages, A07_TimeInWhichThePeerIsNotReadIsNotItsOwn) {
  Limits limits = patient_limits();
  limits.message_time = kHour;
  StreamBench bench(limits);
  bench.peer.send(frame(0x01, "one "));
  bench.settle();
  bench.on_loop([](Stream& stream) { stream.pause_reading(); });
  bench.peer.send(frame(0x80, "message"));
  bench.pass(kHour + 1s);
  bench.on_loop([](Stream& stream) { stream.resume_reading(); });
  EXPECT_TRUE(bench.journal.wait_for("text one message"));
}

// --- rate ---

Limits with_rate(double messages_per_second) {
  Limits limits = patient_limits();
  limits.messages_per_second = messages_per_second;
  limits.messages_burst = 3;
  return limits;
}
Limits slow_limits() {
  return with_rate(0.001);
}

TEST(StreamRate, MessagesPastItEndTheStreamWith4429) {
  StreamBench bench(slow_limits());
  for (int i = 0; i < 5; ++i) bench.peer.send_text(std::to_string(i));
  const auto close = bench.peer.read_frame();
  EXPECT_EQ(close.close_code(), 4429U);
  EXPECT_EQ(close.payload.substr(2), "too many messages");
  EXPECT_EQ(bench.journal.wait_for(6), (Lines{
                                           "text 0",
                                           "text 1",
                                           "text 2",
                                           "rejected too_many_messages: message rate",
                                           "ending too_many_messages 4429 too many messages",
                                           "ended too_many_messages 4429 too many messages",
                                       }));
}

TEST(StreamRate, A10_MessagesPastItAreReadLaterAndNoneIsLost) {
  StreamBench bench(with_rate(200));
  std::string burst;
  Lines all;
  for (int i = 0; i < 40; ++i) {
    burst += frame(0x81, std::to_string(i));
    all.push_back("text " + std::to_string(i));
  }
  bench.peer.send(burst);
  EXPECT_EQ(bench.journal.wait_for(40), all);
}

TEST(StreamRate, ZeroIsNoLimit) {
  StreamBench bench(with_rate(0));
  for (int i = 0; i < 1'000; ++i) bench.peer.send_text("x");
  EXPECT_EQ(bench.journal.wait_for(1'000).size(), 1'000U);
}

TEST(StreamRate, A10_WhatAPeerThatHasGoneHadSentIsReadLater) {
  StreamBench bench(with_rate(200));
  std::string burst;
  for (int i = 0; i < 10; ++i) burst += frame(0x81, std::to_string(i));
  bench.peer.send(burst);
  bench.peer = RawClient::adopt(-1);
  EXPECT_TRUE(bench.journal.wait_for("over"));
  EXPECT_TRUE(bench.journal.has("text 9"));
}

TEST(StreamRate, A11_PongsThatWereAskedForDoNotCount) {
  Limits limits = slow_limits();
  limits.ping_interval = limits.pong_time = kHour;
  StreamBench bench(limits);
  bench.pass(kHour + 1s);
  const auto ping = bench.peer.read_frame();
  bench.peer.send(frame(0x8A, ping.payload));
  for (int i = 0; i < 3; ++i) bench.peer.send_text(std::to_string(i));
  EXPECT_TRUE(bench.journal.wait_for("text 2"));
}

TEST(StreamRate, PingsAndPongsCountAsMessages) {
  for (const unsigned char first : {std::uint8_t{0x89}, std::uint8_t{0x8A}}) {
    StreamBench bench(slow_limits());
    for (int i = 0; i < 4; ++i) bench.peer.send(frame(first, "p"));
    EXPECT_EQ(bench.peer.read_close(), 4429U);
    EXPECT_TRUE(bench.journal.has("rejected too_many_messages: message rate"));
  }
}

// --- pings and pongs ---

TEST(StreamPings, EachIsAnsweredWithItsPayload) {
  StreamBench bench;
  for (const auto payload : {""sv, "a"sv, "\x00\xFF any bytes"sv}) {
    bench.peer.send(frame(0x89, payload));
    const auto pong = bench.peer.read_frame();
    EXPECT_EQ(pong.first, 0x8AU);
    EXPECT_EQ(pong.payload, payload);
  }
}

// RFC 6455 §5.5.3: the answer to the most recent ping is enough.
TEST(StreamPings, BehindAFullSocketOnlyTheFirstAndTheLastAreAnswered) {
  StreamBench bench;
  const std::string big(4 << 20, 'x');
  bench.on_loop([&](Stream& stream) {
    stream.send(StreamBench::text_frame(big));
    stream.when_drained([](bool) {});  // the kernel is asked now
    auto pings = test::bytes(frame(0x89, "1") + frame(0x89, "2") + frame(0x89, "3"));
    stream.read(pings);
  });
  EXPECT_EQ(bench.peer.read_frame().payload.size(), big.size());
  EXPECT_EQ(bench.peer.read_frame().payload, "1");
  EXPECT_EQ(bench.peer.read_frame().payload, "3");
}

Limits pinging_limits() {
  Limits limits = patient_limits();
  limits.ping_interval = limits.pong_time = kHour;
  return limits;
}

std::uint64_t round_trips(const StreamBench& bench) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= base::Histogram::kBounds.size(); ++i)
    count += bench.counts.round_trips.count(i);
  return count;
}

TEST(StreamHeartbeat, PingsASilentPeerAndMeasuresTheFirstAnswer) {
  StreamBench bench(pinging_limits());
  bench.pass(kHour + 1s);
  const auto ping = bench.peer.read_frame();
  EXPECT_EQ(ping.first, 0x89U);
  ASSERT_EQ(ping.payload.size(), 8U);
  std::string other = ping.payload;
  ++other[0];
  bench.peer.send(frame(0x8A, other) + frame(0x8A, "short") + frame(0x8A, ""));
  bench.peer.send(frame(0x89, "seen"));
  EXPECT_EQ(bench.peer.read_frame().payload, "seen");
  EXPECT_EQ(round_trips(bench), 0U) << "an unsolicited pong tells nothing";
  bench.peer.send(frame(0x8A, ping.payload) + frame(0x8A, ping.payload) + frame(0x89, "seen"));
  EXPECT_EQ(bench.peer.read_frame().payload, "seen");
  EXPECT_EQ(round_trips(bench), 1U);
  EXPECT_EQ(bench.gauges.rtt_us,
            static_cast<std::uint64_t>(bench.counts.round_trips.sum().count()));
}

TEST(StreamHeartbeat, APeerThatStaysSilentIsLost) {
  StreamBench bench(pinging_limits());
  bench.pass(kHour + 1s);
  EXPECT_EQ(bench.peer.read_frame().first, 0x89U);
  bench.pass(kHour - 1min);
  EXPECT_EQ(bench.journal.lines(), Lines{});
  bench.pass(2min);
  EXPECT_EQ(bench.journal.lines(), (Lines{"rejected heartbeat_timeout: no answer to a ping",
                                          "ended timeout 1006 ", "over"}));
  EXPECT_EQ(bench.peer.read_all(), "") << "a peer that cannot hear is sent no Close";
}

TEST(StreamHeartbeat, PeerThatIsNotReadIsNotPinged) {
  StreamBench bench(pinging_limits());
  bench.on_loop([](Stream& stream) { stream.pause_reading(); });
  bench.pass(kHour + 1s);
  bench.on_loop([](Stream& stream) { stream.end(StreamBench::ours()); });
  EXPECT_TRUE(bench.peer.read_frame().is_close());
}

// --- turns and budgets ---

Limits with_budget(double bytes_per_second, double bytes_burst) {
  Limits limits = patient_limits();
  limits.bytes_per_second = bytes_per_second;
  limits.bytes_burst = bytes_burst;
  return limits;
}

TEST(StreamTurns, A03_OthersHaveTheirTurnAfterMuchWork) {
  StreamBench bench;
  std::size_t handled = 0;
  std::vector<std::size_t> turns_before;
  bench.at_message = [&](Stream&, std::string_view) {
    turns_before.push_back(bench.turns);
    ++handled;
  };
  std::string all;
  for (int i = 0; i < 3; ++i) all += frame(0x81, std::string(20'000, 'x'));
  all += frame(0x81, std::string(20'000, 'y')) + frame(0x81, "end");
  bench.peer.send(all);
  ASSERT_TRUE(bench.journal.wait_for("text end"));
  bench.on_loop([&](Stream&) {
    EXPECT_EQ(handled, 5U);
    EXPECT_EQ(turns_before.front(), 0U);
    EXPECT_GE(turns_before.back(), 1U);
  });
}

TEST(StreamTurns, A03_PeerPastItsBudgetIsReadNoFasterThanItsRate) {
  StreamBench bench(with_budget(0.1, 1000));
  bench.peer.send(frame(0x81, std::string(100'000, 'x')) + frame(0x81, "second"));
  EXPECT_TRUE(bench.journal.wait_for("text " + std::string(100'000, 'x')));
  bench.peer.send(frame(0x81, "third"));
  bench.settle();
  EXPECT_FALSE(bench.journal.has("text second"));
  bench.pass(2 * kHour);
  bench.settle();
  EXPECT_FALSE(bench.journal.has("text second")) << "a hundred thousand bytes need 11 days";
  bench.pass(24 * 14 * kHour);
  EXPECT_TRUE(bench.journal.wait_for("text second"));
}

TEST(StreamTurns, A03_WhatThePeerAsksForCountsAsItsWork) {
  StreamBench bench(with_budget(0.1, 1000));
  bench.at_message = [](Stream& stream, std::string_view) { stream.charge(100'000); };
  bench.peer.send(frame(0x81, "first") + frame(0x81, "second"));
  EXPECT_TRUE(bench.journal.wait_for("text first"));
  bench.settle();
  EXPECT_FALSE(bench.journal.has("text second"));
}

TEST(StreamTurns, WhatWasReadIsHandledThoughThePeerHangsUp) {
  StreamBench bench;
  bench.peer.send(frame(0x81, std::string(50'000, 'x')) + frame(0x81, std::string(50'000, 'y')) +
                  frame(0x81, "end"));
  bench.peer = RawClient::adopt(-1);
  ASSERT_TRUE(bench.journal.wait_for("over"));
  const Lines lines = bench.journal.lines();
  EXPECT_EQ(lines.at(2), "text end");
  EXPECT_EQ(lines.at(3), "ended connection_lost 1006 ");
}

TEST(StreamTurns, PeersCloseIsFoundBehindWhatWaited) {
  StreamBench bench(with_budget(0.1, 1000));
  bench.peer.send(frame(0x81, std::string(100'000, 'x')) + frame(0x81, "second") + frame(0x88, ""));
  bench.journal.wait_for("text " + std::string(100'000, 'x'));
  bench.on_loop([](Stream& stream) { stream.end(StreamBench::ours()); });
  EXPECT_TRUE(bench.journal.wait_for("over"));
  EXPECT_FALSE(bench.journal.has("text second"));
}

TEST(StreamTurns, A04_LittleIsReadBehindOurClose) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) { stream.end(StreamBench::ours()); });
  std::string much;
  for (int i = 0; i < 4; ++i) much += frame(0x82, std::string(60'000, 'x'));
  std::thread sends([&] { bench.peer.send(much + much + much + frame(0x88, "")); });
  bench.settle();
  bench.settle();
  EXPECT_FALSE(bench.journal.has("over"));
  bench.pass(kHour + 1min);
  EXPECT_TRUE(bench.journal.wait_for("over"));
  sends.join();
}

// --- Close ---

// §5.5.1, §7.1.5: the code comes back; a Close without a code is answered without one.
TEST(StreamClose, OfThePeerIsAnsweredWithItsCodeAndEndsTheStream) {
  struct Case {
    std::string_view payload, answer, told;
  };
  constexpr Case cases[] = {
      {"\x03\xE8"sv, "\x03\xE8"sv, "peer_closed 1000 "},
      {"\x03\xE9going"sv, "\x03\xE9"sv, "peer_closed 1001 going"},
      {"\x0F\xA1mine"sv, "\x0F\xA1"sv, "peer_closed 4001 mine"},
      {""sv, "\x03\xE8"sv, "peer_closed 1005 "},
  };
  for (const Case& with : cases) {
    StreamBench bench;
    bench.peer.send(frame(0x88, with.payload));
    const auto answer = bench.peer.read_frame();
    EXPECT_TRUE(answer.is_close());
    EXPECT_EQ(answer.payload, with.answer) << with.told;
    EXPECT_TRUE(bench.peer.at_end());
    const std::string told(with.told);
    EXPECT_EQ(bench.journal.wait_for(3), (Lines{"ending " + told, "ended " + told, "over"}));
  }
}

TEST(StreamClose, OfOursWaitsForThePeersAndIgnoresWhatComesBefore) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) {
    stream.end(StreamBench::ours(proto::CloseCode{4000}, "bye"));
    EXPECT_FALSE(stream.is_open());
    EXPECT_FALSE(stream.is_over());
    stream.end(StreamBench::ours(proto::CloseCode{4001}));  // does nothing
    stream.send(StreamBench::text_frame("too late"));
  });
  const auto close = bench.peer.read_frame();
  EXPECT_EQ(close.close_code(), 4000U);
  EXPECT_EQ(close.payload.substr(2), "bye");
  bench.peer.send(frame(0x81, "crossed") + frame(0x89, "ping"));
  bench.settle();
  EXPECT_FALSE(bench.journal.has("over"));
  bench.peer.send_close(4000);
  EXPECT_EQ(bench.peer.read_all(), "");
  EXPECT_EQ(bench.journal.wait_for(3),
            (Lines{"ending server_closed 4000 bye", "ended server_closed 4000 bye", "over"}));
}

TEST(StreamClose, ThePeersIsReadThoughReadingWasPaused) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) {
    stream.pause_reading();
    stream.end(StreamBench::ours());
  });
  EXPECT_TRUE(bench.peer.read_frame().is_close());
  bench.peer.send_close();
  EXPECT_TRUE(bench.journal.wait_for("over"));
}

TEST(StreamClose, PeerThatDoesNotAnswerInTimeIsCut) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) { stream.end(StreamBench::ours()); });
  EXPECT_TRUE(bench.peer.read_frame().is_close());
  bench.pass(kHour - 1min);
  EXPECT_FALSE(bench.journal.has("over"));
  bench.pass(2min);
  EXPECT_EQ(bench.journal.lines(),
            (Lines{"ending server_closed 1000 ", "ended server_closed 1000 ",
                   "rejected closing_timeout: the closing handshake is late", "over"}));
  EXPECT_EQ(bench.peer.read_all(), "");
}

TEST(StreamClose, PeerThatHangsUpInsteadOfAnsweringIsOverToo) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) { stream.end(StreamBench::ours()); });
  EXPECT_TRUE(bench.peer.read_frame().is_close());
  bench.peer = RawClient::adopt(-1);
  EXPECT_TRUE(bench.journal.wait_for("over"));
  EXPECT_FALSE(bench.journal.has("ended connection_lost 1006 "));
}

TEST(StreamClose, StreamThatMovedIsClosedAtOnceBehindItsClose) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) {
    stream.send(StreamBench::text_frame("last words"));
    stream.end({How::moved, DisconnectCause::replaced, proto::CloseCode::replaced, "elsewhere"});
    EXPECT_TRUE(stream.is_over());
  });
  EXPECT_EQ(bench.journal.lines(),
            (Lines{"ending replaced 4409 elsewhere", "ended replaced 4409 elsewhere", "over"}));
  EXPECT_EQ(bench.peer.read_frame().payload, "last words");
  EXPECT_EQ(bench.peer.read_frame().close_code(), 4409U);
  EXPECT_TRUE(bench.peer.at_end());
}

TEST(StreamClose, PeerThatHangsUpIsLost) {
  StreamBench bench;
  bench.peer = RawClient::adopt(-1);
  EXPECT_EQ(bench.journal.wait_for(2), (Lines{"ended connection_lost 1006 ", "over"}));
}

// --- protocol errors ---

Limits small_limits() {
  Limits limits = patient_limits();
  limits.message_bytes_max = 100;
  limits.fragments_max = 2;
  return limits;
}

TEST(StreamFailures, EachHasItsCodeAndEndsTheStream) {
  struct Case {
    const char* clause;
    std::string bytes;
    unsigned code;
    const char* rejected;
  };
  const Case cases[] = {
      {"§5.1 no mask", frame(0x81, "hi", test::Length::minimal, false), 1002, "protocol_error"},
      {"§5.2 reserved bit", frame(0xC1, "hi"), 1002, "protocol_error"},
      {"§5.2 unknown opcode", frame(0x83, "hi"), 1002, "protocol_error"},
      {"§5.4 nothing to go on with", frame(0x80, "hi"), 1002, "protocol_error"},
      {"§5.5.1 a code of one byte", frame(0x88, "\x03"), 1002, "protocol_error"},
      {"§8.1 text that is none", frame(0x81, "\xFF"), 1007, "protocol_error"},
      {"too many fragments", frame(0x01, "a") + frame(0x00, "b") + frame(0x00, "c"), 1008,
       "protocol_error"},
      {"too long", frame(0x81, std::string(101, 'x')), 1009, "message_too_big"},
  };
  for (const Case& with : cases) {
    StreamBench bench(small_limits());
    bench.peer.send(with.bytes + frame(0x81, "and more"));
    EXPECT_EQ(bench.peer.read_close(), with.code) << with.clause;
    EXPECT_TRUE(bench.peer.at_end()) << "nothing more is sent to such a peer";
    bench.peer = RawClient::adopt(-1);
    EXPECT_TRUE(bench.journal.wait_for("over")) << with.clause;
    const Lines lines = bench.journal.lines();
    ASSERT_EQ(lines.size(), 4U) << with.clause;
    const std::string told = "protocol_error " + std::to_string(with.code) + " ";
    EXPECT_TRUE(lines[0].starts_with("rejected " + std::string(with.rejected) + ": ")) << lines[0];
    EXPECT_TRUE(lines[1].starts_with("ending " + told)) << lines[1];
    EXPECT_TRUE(lines[2].starts_with("ended " + told)) << lines[2];
  }
}

TEST(StreamFailures, AfterOurCloseFinishTheSending) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) { stream.end(StreamBench::ours()); });
  EXPECT_TRUE(bench.peer.read_frame().is_close());
  bench.peer.send(frame(0x83, "no such opcode"));
  EXPECT_TRUE(bench.peer.at_end());
  bench.settle();
  EXPECT_EQ(bench.journal.lines(),
            (Lines{"ending server_closed 1000 ", "ended server_closed 1000 "}));
}

// --- the owner ---

TEST(StreamOwners, DeadlineIsCalledWhenItHasCome) {
  StreamBench bench;
  bench.on_loop([&](Stream& stream) {
    bench.owner_deadline_ms = 0;
    stream.rearm();
  });
  EXPECT_TRUE(bench.journal.wait_for("deadline"));
}

TEST(StreamOwners, DroppingTellsNobodyAndClosesTheSocket) {
  StreamBench bench;
  bench.on_loop([](Stream& stream) {
    stream.send(StreamBench::text_frame("never seen"));
    stream.drop();
    EXPECT_TRUE(stream.is_over());
    EXPECT_EQ(stream.buffered(), 0U);
    stream.pause_reading();  // none of these does anything
    stream.resume_reading();
    stream.end(StreamBench::ours());
  });
  EXPECT_EQ(bench.peer.read_all(), "");
  EXPECT_EQ(bench.journal.lines(), Lines{});
}

TEST(StreamOwners, CondemnedOnesAreGivenNoTurn) {
  StreamBench bench(pinging_limits());
  bench.on_loop([&](Stream&) { bench.condemned = true; });
  bench.peer.send(frame(0x81, "message") + frame(0x89, "ping"));
  bench.pass(kHour + 1s);
  bench.peer = RawClient::adopt(-1);
  bench.settle();
  EXPECT_EQ(bench.journal.lines(), Lines{});
}

}  // namespace
}  // namespace microframe::ws
