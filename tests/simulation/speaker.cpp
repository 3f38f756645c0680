#include "simulation/speaker.hpp"

#include <algorithm>
#include <string>

#include "base/log_text.hpp"
#include "support/counted_heap.hpp"

namespace microframe::simulation {
namespace {

using proto::CloseCode;
using proto::Event;
using proto::State;
using Kind = Event::Kind;

std::string describe(Kind kind, CloseCode code, std::string_view payload) {
  static constexpr const char* kNames[] = {"need_more", "message", "ping",
                                           "pong",      "close",   "failed"};
  return std::string(kNames[static_cast<std::size_t>(kind)]) + " " +
         std::to_string(static_cast<unsigned>(code)) + " " + base::escaped(payload.substr(0, 60));
}

}  // namespace

// What grows is the payload of a message in pieces, by doubling.
Speaker::Speaker(proto::Role role, proto::ConnectionLimits limits, Wire& in, Wire& out,
                 Random& random)
    : connection_(role, limits),
      role_(role),
      heap_bytes_max_(2 * limits.message_bytes_max),
      in_(in),
      out_(out),
      random_(random) {}

// §10.3 wants masks unpredictable; a simulation wants them repeatable.
std::optional<proto::MaskKey> Speaker::mask() {
  if (role_ == proto::Role::server) return std::nullopt;
  proto::MaskKey key;
  for (std::byte& byte : key) byte = static_cast<std::byte>(random_.below(256));
  return key;
}

Event Speaker::next(base::MutableBytes& bytes) {
  const bool discarding = connection_.state() == State::close_sent;
  test::heap_count().largest = 0;
  held_ -= test::heap_count().live;
  const Event event = connection_.next(bytes);
  held_ += test::heap_count().live;
  require(test::heap_count().largest <= heap_bytes_max_, [&] {
    return "the connection asked for " + std::to_string(test::heap_count().largest) + " bytes";
  });
  if (event.kind == Kind::need_more) {
    require(bytes.empty(), [] { return "need_more left bytes behind"; });
  } else {
    check(event, discarding);
  }
  return event;
}

// What was sent must be seen, in order; after our own Close, all but a Close, a failure and, by a
// client, a message is passed over (§5.5.1).
void Speaker::check(const Event& event, bool discarding) {
  const bool is_end = event.kind == Kind::close || event.kind == Kind::failed;
  const auto is_passed_over = [&](Kind kind) {
    const bool last_words = kind == Kind::message && role_ == proto::Role::client;
    return discarding && kind != Kind::close && kind != Kind::failed && !last_words;
  };
  require(!is_passed_over(event.kind),
          [&] { return "an event after our Close: " + describe(event.kind, event.code, {}); });
  require(closes_read_ == 0 && !failed_,
          [] { return "an event after the peer's Close or a failure"; });
  auto& expected = in_.expected;
  // A server looks into no message after its own Close: what is no text there is no failure.
  const auto is_not_looked_at = [&](const Expected& one) {
    const bool no_text = one.kind == Kind::failed && one.code == CloseCode::invalid_payload;
    const bool same = event.kind == one.kind && event.code == one.code;
    return discarding && role_ == proto::Role::server && no_text && !same;
  };
  while (!expected.empty() &&
         (is_passed_over(expected.front().kind) || is_not_looked_at(expected.front())))
    expected.pop_front();
  const std::string_view payload =
      event.kind == Kind::close ? event.reason : base::as_text(event.payload);
  require(!expected.empty(),
          [&] { return "nobody sent " + describe(event.kind, event.code, payload); });
  const Expected& want = expected.front();
  const bool same = want.kind == event.kind && want.code == event.code &&
                    want.binary == event.binary &&
                    (event.kind == Kind::failed || want.payload == payload);
  require(same, [&] {
    return "sent " + describe(want.kind, want.code, want.payload) + ", read " +
           describe(event.kind, event.code, payload);
  });
  expected.pop_front();
  if (event.kind == Kind::close) ++closes_read_;
  if (event.kind == Kind::failed) failed_ = true;
  if (is_end) close_code_ = event.code;
}

// When all that is on the wire has been read, nothing may be owed, and between messages nothing be
// held.
void Speaker::check_at_rest() const {
  if (in_.has_bytes() || in_.was_cut()) return;
  require(held_ == 0 || in_.mid_message(), [&] {
    return "the connection holds " + std::to_string(held_) + " blocks between messages";
  });
  if (connection_.state() != State::open) return;
  require(in_.expected.empty(), [&] {
    const Expected& want = in_.expected.front();
    return "never seen: " + describe(want.kind, want.code, want.payload);
  });
}

void Speaker::expect_message(bool binary, std::string_view payload) {
  out_.expect({Kind::message, binary, std::string(payload), CloseCode::no_status});
}

void Speaker::send_message(bool binary, std::string_view payload) {
  const auto bytes = base::as_bytes(payload);
  const auto key = mask();
  const auto frame = key ? proto::encode_masked_message(binary, bytes, *key)
                         : proto::encode_message(binary, bytes);
  out_.push(frame.bytes());
  expect_message(binary, payload);
}

void Speaker::send_frame(base::Bytes frame, std::string_view payload) {
  out_.push(frame);
  expect_message(false, payload);
}

void Speaker::send_fragment(proto::Opcode opcode, bool fin, std::string_view piece) {
  proto::FrameHeader header;
  header.opcode = opcode;
  header.fin = fin;
  header.mask = mask();
  header.length = piece.size();
  out_.push(proto::encode_header(header).bytes());
  std::string bytes(piece);
  base::MutableBytes masked{reinterpret_cast<std::byte*>(bytes.data()), bytes.size()};
  if (header.mask) proto::apply_mask(masked, *header.mask);
  out_.push(masked);
  out_.begin_message(!fin);
}

void Speaker::send_ping(std::string_view payload) {
  out_.push(proto::ping_frame(base::as_bytes(payload), mask()).bytes());
  out_.expect({Kind::ping, false, std::string(payload), CloseCode::no_status});
}

void Speaker::send_pong(std::string_view payload) {
  out_.push(proto::pong_frame(base::as_bytes(payload), mask()).bytes());
  out_.expect({Kind::pong, false, std::string(payload), CloseCode::no_status});
}

bool Speaker::send_close(CloseCode code, std::string_view reason) {
  const auto key = mask();
  held_ -= test::heap_count().live;  // it may give a message back
  const auto frame = connection_.close(code, reason, key);
  held_ += test::heap_count().live;
  if (frame.empty()) return false;
  ++closes_sent_;
  require(closes_sent_ == 1, [] { return "a second Close went out"; });
  out_.push(frame.bytes());
  out_.expect({Kind::close, false,
               code == CloseCode::no_status ? std::string() : std::string(reason), code});
  return true;
}

void Speaker::send_wrong(std::string_view bytes, CloseCode code) {
  out_.push(base::as_bytes(bytes));
  out_.expect({Kind::failed, false, {}, code});
}

}  // namespace microframe::simulation
