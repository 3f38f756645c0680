// Outflow: what one stream sends: messages, compressed as was agreed, pongs, and what becomes of
// them where the socket's outbox is full. Threading: its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"
#include "net/socket.hpp"
#include "proto/inflater_pool.hpp"
#include "ws/drain_waiters.hpp"
#include "ws/pongs.hpp"
#include "ws/stream_owner.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

class Outflow {
 public:
  // All that is referred to outlives it.
  Outflow(const StreamContext& context, StreamGauges& gauges, StreamDeflate deflate) noexcept;

  // Queues a message. Where the outbox has no room, the rules of its room decide which waiting
  // message gives way (base::Shedding).
  // returns: false if there is no room and no rule: the peer is too slow.
  bool send(net::Socket& socket, const base::SharedBuffer& frame) {
    if (socket.buffered() != 0) return send_behind(socket, frame);
    send_all(socket, frame);
    return true;
  }
  // Queues a message whatever waits: for those that are bounded otherwise.
  void send_all(net::Socket& socket, const base::SharedBuffer& frame) {
    socket.send(deflate_bits_ == 0 ? frame : encoding(frame));
  }
  // RFC 6455 §5.5.3.
  void send_pong(net::Socket& socket, base::Bytes payload);

  // The kernel takes no more; the outbox is empty again.
  void blocked(const net::Socket& socket);
  void drained(net::Socket& socket);
  // Calls told(true) once nothing waits; told(false) when the stream ends before.
  void when_drained(net::Socket& socket, const DrainWaiters::Told& told);
  // The stream ends: nobody waits any more.
  void end() {
    if (waiting_) waiting_->drained.tell(false);
  }

  const StreamContext& context() const { return context_; }
  StreamGauges& gauges() const { return gauges_; }

  // Where compressed messages of the peer are inflated; nullptr without permessage-deflate.
  proto::InflaterPool* inflaters();
  // Gives back what compression holds. No message may be under way.
  void give_back() { takeover_.reset(); }

 private:
  // What a stream has whose outbox is full, or has been.
  struct Waiting {
    Pongs pongs;
    DrainWaiters drained;
  };
  Waiting& waiting() {
    if (!waiting_) waiting_ = std::make_unique<Waiting>();
    return *waiting_;
  }
  bool send_behind(net::Socket& socket, const base::SharedBuffer& frame);
  enum class Room : std::uint8_t {
    found,
    given_up,  // the frame gives way to those that wait
    missing,   // nothing may give way
  };
  Room make_room(net::Socket& socket, const base::SharedBuffer& frame);
  bool may_owe(const net::Socket& socket, const base::SharedBuffer& frame) const;
  std::size_t missing_bytes(const net::Socket& socket, const base::SharedBuffer& frame) const;
  void count_shed(std::size_t frames);
  base::SharedBuffer encoding(const base::SharedBuffer& frame);

  const StreamContext& context_;
  StreamGauges& gauges_;
  std::unique_ptr<Takeover> takeover_;
  std::unique_ptr<Waiting> waiting_;
  const std::uint8_t deflate_bits_;  // as StreamDeflate has them
};

}  // namespace microframe::ws
