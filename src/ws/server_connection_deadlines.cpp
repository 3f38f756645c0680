// What a ServerConnection does because time has passed: its token ends, its peer has gone silent or
// takes nothing, its closing handshake is late. One timer serves them all: it is armed for the
// earliest, and whoever moves his own deadline back (a byte came) leaves the timer where it is, to
// be looked at when it fires.

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/to_ms.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_server.hpp"
#include "ws/server_connection.hpp"
#include "ws/site.hpp"

namespace microframe::ws {
namespace {

using base::to_ms;
using proto::CloseCode;
using std::chrono::milliseconds;

std::uint64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

// Spreads connections evenly over [0, 1), however many come at once: the multiples of the golden
// ratio.
double part_of(std::uint64_t id) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  return static_cast<double>(id * kGolden >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

base::Heartbeat::Timing timing_of(const Limits& limits) {
  return {to_ms(limits.ping_interval), to_ms(limits.pong_time)};
}

}  // namespace

void ServerConnection::begin_deadlines() {
  heartbeat_.begin(server_.loop().now_ms(), timing_of(server_.site().limits), part_of(id_));
  arm_deadline();
}

void ServerConnection::arm_deadline() {
  if (!is_open() || gives_up_) return;  // those have their own deadlines
  const Limits& limits = server_.site().limits;
  std::uint64_t next = server_.loop().now_ms() + to_ms(until_expiry());
  if (limits.ping_interval.count() != 0)
    next = std::min(next, heartbeat_.deadline_ms(timing_of(limits)));
  if (const std::uint64_t since = socket_->blocked_since_ms())
    next = std::min(next, since + to_ms(limits.outbox_time));
  server_.loop().wheel().arm(*this, next);
}

void ServerConnection::on_deadline(std::uint64_t now_ms) {
  if (gives_up_) return try_drop();
  guarded([&] { deadline_passed(now_ms); });
}

void ServerConnection::deadline_passed(std::uint64_t now_ms) {
  if (phase_ == Phase::closing) {
    reject(guard::Rejection::closing_timeout, "the closing handshake is late");
    return stream_ended();
  }
  if (suspended_) return end_suspended();
  if (std::chrono::system_clock::now() >= ends()) {
    reject(guard::Rejection::token_expired, "exp has passed");
    return close(CloseCode::unauthenticated, "token expired", DisconnectCause::token_expired);
  }
  check_progress(now_ms);
  if (is_open()) check_heartbeat(now_ms);
  arm_deadline();
}

// --- the peer that takes nothing ---

void ServerConnection::check_progress(std::uint64_t now_ms) {
  const std::uint64_t since = socket_->blocked_since_ms();
  if (since == 0 || now_ms < since + to_ms(server_.site().limits.outbox_time)) return;
  reject(guard::Rejection::too_slow, "no progress");
  close(CloseCode::too_slow, "too slow", DisconnectCause::too_slow);
}

// --- the silent peer ---

void ServerConnection::check_heartbeat(std::uint64_t now_ms) {
  // What we do not read we cannot hear: a hook is behind, and the peer is not to blame.
  if (!socket_->is_reading()) heartbeat_.heard(now_ms);
  switch (heartbeat_.check(now_ms, timing_of(server_.site().limits))) {
    case base::Heartbeat::Verdict::alive:
      return;
    case base::Heartbeat::Verdict::ping:
      return send_ping();
    case base::Heartbeat::Verdict::lost:
      reject(guard::Rejection::heartbeat_timeout, "no answer to a ping");
      return lose(DisconnectCause::timeout);
  }
}

void ServerConnection::send_ping() {
  ping_us_ = steady_us();
  const auto payload = std::bit_cast<std::array<std::byte, sizeof ping_us_>>(ping_us_);
  socket_->send_urgent(base::SharedBuffer::copy(proto::ping_frame(payload).bytes()));
}

// §5.5.3: the pong bears the ping's payload; an unsolicited one bears anything.
void ServerConnection::handle_pong(const proto::Event& event) {
  std::uint64_t sent_us = 0;
  if (event.payload.size() != sizeof sent_us) return;
  std::memcpy(&sent_us, event.payload.data(), sizeof sent_us);
  if (sent_us != ping_us_ || sent_us == 0) return;
  ping_us_ = 0;
  const std::uint64_t rtt_us = std::min<std::uint64_t>(steady_us() - sent_us, UINT32_MAX);
  rtt_us_.store(static_cast<std::uint32_t>(rtt_us), std::memory_order_relaxed);
  server_.site().round_trips.observe(std::chrono::microseconds(rtt_us));
}

// --- the token ---

std::chrono::milliseconds ServerConnection::until_expiry() const {
  // A wall clock may be set: look again at least once a minute.
  constexpr milliseconds kLookAgain{60'000};
  const auto left = std::chrono::ceil<milliseconds>(ends() - std::chrono::system_clock::now());
  return std::clamp(left, milliseconds{0}, kLookAgain);
}

std::chrono::system_clock::time_point ServerConnection::expires() const {
  return std::chrono::system_clock::time_point(
      std::chrono::seconds(expires_s_.load(std::memory_order_relaxed)));
}

std::chrono::system_clock::time_point ServerConnection::ends() const {
  return endpoint_.authenticator().ends(expires());
}

bool ServerConnection::refresh_token(std::string_view token) {
  const auto claims = endpoint_.verify(token, std::chrono::system_clock::now());
  if (!claims || claims->sub != user()) return false;
  expires_s_ = to_seconds(claims->expires);
  server_.run([held = base::Ref<ServerConnection>(this)] { held->arm_deadline(); });
  return true;
}

}  // namespace microframe::ws
