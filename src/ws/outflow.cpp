#include "ws/outflow.hpp"

#include <algorithm>
#include <utility>

#include "proto/control_frame.hpp"

namespace microframe::ws {

using base::SharedBuffer;

namespace {

// A peer that has taken no byte for so long does not keep up.
constexpr std::uint64_t kStuckMs = 250;
// Of a backlog leaves in one turn, and waits in the outbox.
constexpr std::size_t kBacklogBytes = 64 * 1024;

}  // namespace

Outflow::Outflow(const StreamContext& context, StreamGauges& gauges, StreamDeflate deflate) noexcept
    : context_(context),
      gauges_(gauges),
      takeover_(std::move(deflate.takeover)),
      deflate_bits_(deflate.window_bits) {
  gauges_.waiting_bytes.store(0, std::memory_order_relaxed);
}

proto::InflaterPool* Outflow::inflaters() {
  if (deflate_bits_ == 0) return nullptr;
  proto::InflaterPool* own = takeover_ ? takeover_->inflaters() : nullptr;
  return own ? own : &context_.deflate.inflaters();
}

SharedBuffer Outflow::encoding(const SharedBuffer& frame) {
  proto::Deflater* own = takeover_ ? takeover_->deflater() : nullptr;
  return own ? context_.deflate.encoding(frame, *own)
             : context_.deflate.encoding(frame, deflate_bits_);
}

// Behind messages that wait.
bool Outflow::send_behind(net::Socket& socket, const SharedBuffer& frame) {
  if (has_backlog()) return send_behind_backlog(frame);
  // Before the frame is compressed: one that is compressed in a context must be sent.
  const Room room = make_room(socket, frame);
  if (room == Room::found) {
    send_now(socket, frame);
    if (socket.blocked_since_ms() != 0) blocked(socket);
  }
  return room != Room::missing;
}

bool Outflow::send_behind_backlog(const SharedBuffer& frame) {
  Backlog& backlog = waiting_->backlog;
  if (backlog.new_bytes() + frame.size() > context_.limits.outbox_bytes_max) return false;
  backlog.add(frame);
  return true;
}

bool Outflow::send_backlog(net::Socket& socket) {
  std::size_t left = kBacklogBytes;
  while (has_backlog()) {
    if (left == 0) return true;
    if (socket.buffered() > kBacklogBytes) {
      socket.offer();
      if (socket.blocked_since_ms() != 0) return false;
    }
    const SharedBuffer frame = waiting_->backlog.take();
    left -= std::min(left, frame.size());
    send_now(socket, frame);
  }
  return false;
}

// Plain, because there is no other turn.
void Outflow::flush_backlog(net::Socket& socket) {
  while (has_backlog()) socket.send(waiting_->backlog.take());
}

// Whether a peer that takes what it is sent may be owed the frame as well: a burst of another's.
bool Outflow::may_owe(const net::Socket& socket, const SharedBuffer& frame) const {
  const Limits& limits = context_.limits;
  const auto burst = static_cast<std::size_t>(limits.bytes_burst);
  if (missing_bytes(socket, frame) > burst) return false;
  return context_.loop.now_ms() - socket.blocked_since_ms() < kStuckMs;
}

std::size_t Outflow::missing_bytes(const net::Socket& socket, const SharedBuffer& frame) const {
  const std::size_t bytes_max = context_.limits.outbox_bytes_max;
  const std::size_t wanted = socket.buffered() + frame.size();
  return socket.buffered() == 0 || wanted <= bytes_max ? 0 : wanted - bytes_max;
}

// Sees to room for a frame behind those that wait: by the rules of its room, which may drop some,
// or by asking the kernel.
Outflow::Room Outflow::make_room(net::Socket& socket, const SharedBuffer& frame) {
  using Rule = base::Shedding::Rule;
  const base::Shedding shedding = frame.shedding();
  // A peer that keeps up gets them all: only what the kernel has no room for is superseded.
  if (shedding.rule == Rule::superseded && socket.blocked_since_ms() != 0)
    count_shed(socket.drop_superseded(shedding.stream));
  if (missing_bytes(socket, frame) == 0) return Room::found;
  socket.offer();  // the peer is not slow if the kernel was never asked
  if (missing_bytes(socket, frame) == 0) return Room::found;
  if (shedding.rule != Rule::oldest) return may_owe(socket, frame) ? Room::found : Room::missing;
  count_shed(socket.drop_oldest(shedding.stream, missing_bytes(socket, frame)));
  if (missing_bytes(socket, frame) == 0) return Room::found;
  count_shed(1);  // others fill the outbox: this frame gives way itself
  return Room::given_up;
}

void Outflow::count_shed(std::size_t frames) {
  if (frames != 0) context_.counts.shed_frames.fetch_add(frames, std::memory_order_relaxed);
}

void Outflow::send_pong(net::Socket& socket, base::Bytes payload) {
  auto pong = SharedBuffer::copy(proto::pong_frame(payload).bytes());
  if (socket.blocked_since_ms() == 0) return socket.send(std::move(pong));
  if (auto now = waiting().pongs.queue(std::move(pong))) socket.send_urgent(std::move(now));
}

void Outflow::blocked(const net::Socket& socket) {
  const auto bytes = static_cast<std::uint32_t>(socket.buffered());
  gauges_.waiting_bytes.store(bytes, std::memory_order_relaxed);
}

void Outflow::drained(net::Socket& socket) {
  gauges_.waiting_bytes.store(0, std::memory_order_relaxed);
  if (!waiting_) return;
  if (auto pong = waiting_->pongs.take()) socket.send(std::move(pong));
  tell_drained(socket);
}

void Outflow::tell_drained(net::Socket& socket) {
  if (!waiting_ || has_backlog()) return;
  socket.offer();
  if (socket.buffered() == 0) waiting_->drained.tell(true);
}

void Outflow::when_drained(net::Socket& socket, const DrainWaiters::Told& told) {
  socket.offer();  // what was only queued may leave at once
  if (buffered(socket) == 0) return told(true);
  waiting().drained.add(told);
}

}  // namespace microframe::ws
