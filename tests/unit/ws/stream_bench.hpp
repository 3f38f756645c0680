// StreamBench: one Stream on a loop of its own, an owner that notes what the stream tells it, and
// the peer's end.
#pragma once

#include <chrono>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "guard/limits.hpp"
#include "net/tls_session.hpp"
#include "proto/frame_header.hpp"
#include "support/raw_client.hpp"
#include "unit/net/loop_thread.hpp"
#include "unit/ws/loop_site.hpp"
#include "ws/stream.hpp"

namespace test {

class StreamBench final : private microframe::ws::StreamOwner {
 public:
  using Stream = microframe::ws::Stream;
  using Ending = microframe::ws::Ending;
  using CloseCode = microframe::proto::CloseCode;

  explicit StreamBench(const microframe::Limits& limits = patient_limits(),
                       const microframe::Compression& compression = {},
                       microframe::ws::DeflateAgreement deflate = {})
      : limits_(microframe::guard::resolve(limits)),
        compression_(compression),
        deflate_(compression_, counts.compression),
        context_{thread_.loop, limits_,    compression_,        deflate_,
                 counts,       long_turns, counts.traffic.add()} {
    SocketPair pair;
    peer = RawClient::adopt(pair.far);
    on_stream([&](std::optional<Stream>& made) {
      microframe::ws::StreamOwner& owner = *this;
      made.emplace(context_, owner, gauges,
                   set_up_deflate(std::move(deflate), compression_, &counts.compression.received),
                   1);
      made->open(microframe::net::Socket::Stream{std::move(pair.ours), nullptr}, "");
    });
  }
  ~StreamBench() {
    on_stream([](std::optional<Stream>& made) { made.reset(); });
  }

  // Runs `action` on the loop, and waits until it has.
  void on_loop(const std::function<void(Stream&)>& action) {
    on_stream([&](std::optional<Stream>& made) { action(*made); });
  }
  void settle() {
    for (int i = 0; i < 3; ++i) on_loop([](Stream&) {});
  }
  // Lets time pass, for deadlines only.
  void pass(std::chrono::milliseconds time) {
    on_loop([&](Stream&) {
      passed_ += time;
      const auto passed_ms = static_cast<std::uint64_t>(passed_.count());
      thread_.loop.wheel().advance(thread_.loop.now_ms() + passed_ms);
    });
  }
  static Ending ours(CloseCode code = CloseCode::normal, std::string_view reason = "") {
    return {Ending::How::ours, microframe::ws::DisconnectCause::server_closed, code, reason};
  }
  static microframe::base::SharedBuffer text_frame(std::string_view text) {
    return microframe::proto::encode_message(false, microframe::base::as_bytes(text));
  }

  Journal journal;
  microframe::ws::StreamCounts counts;
  microframe::ws::StreamGauges gauges;
  microframe::ws::LongTurns long_turns;
  RawClient peer = RawClient::adopt(-1);
  // What the owner does besides noting; the loop's.
  std::function<void(Stream&, std::string_view)> at_message;
  bool condemned = false;
  std::size_t turns = 0;  // that were over before all was read
  bool ends_overflowed = true;
  std::uint64_t owner_deadline_ms = UINT64_MAX;

 private:
  void on_stream(const std::function<void(std::optional<Stream>&)>& action) {
    thread_.on_loop([&] { action(stream_); });
  }
  static std::string told(const char* what, const Ending& ending) {
    return std::string(what) + " " + std::string(to_string(ending.cause)) + " " +
           std::to_string(static_cast<unsigned>(ending.code)) + " " + std::string(ending.reason);
  }

  // StreamOwner
  bool begin_turn() override { return !condemned; }
  void end_turn(bool out_of_memory) override {
    if (out_of_memory) journal.note("out of memory");
  }
  void on_message(bool binary, microframe::base::Bytes payload) override {
    if (stream_->is_open() && !stream_->within_rate()) return;
    const std::string_view text = microframe::base::as_text(payload);
    journal.note((binary ? "binary " : "text ") + std::string(text));
    if (at_message) at_message(*stream_, text);
  }
  void on_ending(const Ending& ending) override { journal.note(told("ending", ending)); }
  void on_ended(const Ending& ending) override { journal.note(told("ended", ending)); }
  void on_over() override { journal.note("over"); }
  void on_overflow() override {
    journal.note("overflow");
    if (!ends_overflowed) return;
    thread_.loop.post([this] { stream_->end_overflowed(); });
  }
  void on_turn_over() override {
    ++turns;
    thread_.loop.post_behind([this] { stream_->next_turn(); });
  }
  microframe::ws::WorkBudget& work_budget() override { return work_budget_; }
  std::uint64_t deadline_ms() const override { return owner_deadline_ms; }
  // Called with each of the deadlines: the owner looks whether its own has come.
  void on_deadline() override {
    if (owner_deadline_ms <= thread_.loop.now_ms()) journal.note("deadline");
  }
  void on_rejected(microframe::guard::Rejection why, std::string_view detail) override {
    journal.note("rejected " + std::string(to_string(why)) + ": " + std::string(detail));
  }

  const microframe::Limits limits_;
  const microframe::Compression compression_;
  microframe::net::LoopThread thread_;
  microframe::ws::LoopDeflate deflate_;
  const microframe::ws::StreamContext context_;
  microframe::ws::WorkBudget work_budget_{thread_.loop.now_ms()};
  std::chrono::milliseconds passed_{0};
  std::optional<Stream> stream_;
};

}  // namespace test
