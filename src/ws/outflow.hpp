// Outflow: what one stream sends: messages, compressed as was agreed, pongs, and what becomes of
// them where the socket's outbox is full. Threading: its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"
#include "net/socket.hpp"
#include "proto/inflater_pool.hpp"
#include "ws/backlog.hpp"
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
    if (socket.buffered() != 0 || has_backlog()) return send_behind(socket, frame);
    send_now(socket, frame);
    return true;
  }
  // Queues what is sent again, whatever waits, because all of it is bounded. Some of it leaves with
  // each send_backlog(), before every later message.
  void send_again(const std::vector<base::SharedBuffer>& frames) {
    waiting().backlog.add_again(frames);
  }
  // returns: whether the rest must wait for another turn; else it goes on by itself when the socket
  // has drained.
  bool send_backlog(net::Socket& socket);
  // The stream closes: all that waits leaves before.
  void flush_backlog(net::Socket& socket);
  // RFC 6455 §5.5.3.
  void send_pong(net::Socket& socket, base::Bytes payload);

  // The kernel takes no more; the outbox is empty again.
  void blocked(const net::Socket& socket);
  void drained(net::Socket& socket);
  // Tells those who wait, if nothing waits any more. Not from inside a hub: they may be hooks.
  void tell_drained(net::Socket& socket);
  // Calls told(true) once nothing waits; told(false) when the stream ends before.
  void when_drained(net::Socket& socket, const DrainWaiters::Told& told);
  // The stream ends: nobody waits any more.
  void end() {
    if (!waiting_) return;
    waiting_->backlog = {};
    waiting_->drained.tell(false);
  }
  // Bytes that wait.
  std::size_t buffered(const net::Socket& socket) const {
    return socket.buffered() + (waiting_ ? waiting_->backlog.bytes() : 0);
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
    Backlog backlog;
  };
  bool has_backlog() const { return waiting_ && !waiting_->backlog.empty(); }
  void send_now(net::Socket& socket, const base::SharedBuffer& frame) {
    context_.traffic.messages_out.add(1);
    context_.traffic.bytes_out.add(frame.size());
    socket.send(deflate_bits_ == 0 ? frame : encoding(frame));
  }
  Waiting& waiting() {
    if (!waiting_) waiting_ = std::make_unique<Waiting>();
    return *waiting_;
  }
  bool send_behind(net::Socket& socket, const base::SharedBuffer& frame);
  bool send_behind_backlog(const base::SharedBuffer& frame);
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
