// Socket: one connected stream (TCP or Unix), non-blocking, with an outbox that is flushed once per
// iteration of its loop; plain, or secured by TLS. Threading: its loop. A socket may be destroyed
// at any moment, inside its own callbacks too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"
#include "net/descriptor.hpp"
#include "net/flush_queue.hpp"
#include "net/outbox.hpp"
#include "net/ready_set.hpp"

namespace microframe::net {

class Loop;
class TlsSession;

enum class EndReason : std::uint8_t {
  eof,         // the peer has sent its last byte, and with TLS said so (RFC 8446 §6.1)
  reset,       // the peer or the network broke the connection
  tls_failed,  // the peer's TLS or its certificate is not good: Socket::tls_failure() says why
};

// What a socket tells its owner. These functions throw nothing.
class SocketEvents {
 public:
  // Bytes came. They lie in the loop's receive buffer, may be changed in place, and are good until
  // on_receive returns.
  virtual void on_receive(base::MutableBytes bytes) = 0;
  // The stream has ended, and the socket is closed. Called once, and never from inside a call of
  // the socket.
  virtual void on_end(EndReason reason) = 0;
  // The outbox, which had been held up by a full kernel buffer, is empty.
  virtual void on_drained() = 0;
  // The kernel takes no more: what is queued waits until on_drained. Called from inside calls of
  // the socket, which must not be destroyed here. Most owners need not know.
  virtual void on_blocked() {}
  // The TLS handshake is done; what the peer sends is received from here on. Reading must not be
  // paused here. Never called on a plain socket.
  virtual void on_secured() {}
  // The peer of a server spoke, but not TLS. The socket is plain from here on, so that it can
  // answer.
  virtual void on_plaintext() {}

 protected:
  ~SocketEvents() = default;
};

class Socket final : private Flushed {
 public:
  // `fd` is connected and non-blocking. `events` may be replaced, and must outlive the socket.
  Socket(Loop& loop, Descriptor fd, SocketEvents& events);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void set_events(SocketEvents& events) { events_ = &events; }

  // A connected stream on its way to another loop.
  struct Stream {
    Descriptor fd;
    std::unique_ptr<TlsSession> tls;
  };
  // Takes over a stream that was released.
  Socket(Loop& loop, Stream stream, SocketEvents& events);
  // Gives the stream away; the socket is over, and tells nothing more. Nothing may be queued. With
  // TLS release() must not be called from on_receive, because there may be more to tell.
  // errors: std::bad_alloc if the kernel goes on watching the descriptor; the socket is then good
  // for nothing but its end.
  Stream release();

  // From here on the stream is TLS. What is sent before the handshake is done waits for it. Called
  // once, before anything was sent.
  // early: what the peer has sent and the socket has delivered already.
  void secure(std::unique_ptr<TlsSession> session, base::Bytes early = {});
  // Why the stream ended with tls_failed.
  std::string tls_failure() const;
  // As TlsSession::peer_subject; nullopt on a plain socket.
  std::optional<std::string> peer_subject() const;

  // Queues a frame behind the frames that wait.
  void send(base::SharedBuffer frame);
  // Queues a frame before the frames that wait, but behind one that has begun to leave.
  void send_urgent(base::SharedBuffer frame);
  // Make room among the frames that wait, as the functions of Outbox do.
  // returns: how many frames were dropped.
  std::size_t drop_oldest(std::uint64_t stream, std::size_t bytes) {
    return outbox_.drop_oldest(stream, bytes);
  }
  std::size_t drop_superseded(std::uint64_t stream) { return outbox_.drop_superseded(stream); }
  // Has the kernel take what it can now, instead of at the end of the iteration. This never ends
  // the stream.
  void offer();
  // Bytes queued that the kernel has not taken.
  std::size_t buffered() const { return outbox_.bytes() + (tls_ ? unsent() : 0); }
  // When the kernel stopped taking more, in Loop::now_ms. The time moves on with each byte that the
  // kernel takes; it is 0 while the kernel takes all.
  std::uint64_t blocked_since_ms() const { return blocked_since_ms_; }

  // Sends a FIN after what is queued, with TLS after a close_notify too. Receiving goes on. If the
  // peer's stream ends meanwhile, on_end(eof) follows what is queued.
  void finish();
  // Ends the stream after what is queued, and tells the end by on_end(eof). Only for a peer that
  // has said its last word: bytes that the peer sends after all are answered by a reset, which
  // may overtake what the peer has not read.
  void finish_and_close();
  void pause_reading();
  void resume_reading();
  bool is_reading() const { return reading_; }

 private:
  void flush() override;
  void offer_to(SendBatch& batch, std::size_t number) override;
  bool batch_sent(std::int64_t result) override;
  // Whether the loop's queue holds this socket.
  enum class Flush : std::uint8_t {
    none,
    queued,
    lost,  // queued to be ended: the kernel can no longer tell of the stream
  };
  // What follows behind what is queued.
  enum class Ending : std::uint8_t {
    none,
    fin,
    fin_sent,
    close,  // the end of the stream
  };
  enum class Failure : bool { wait, end };
  bool write_some(Failure failure);
  bool write_sealed(Failure failure);
  bool has_to_write() const;
  std::size_t unsent() const;
  void blocked();
  void watch();
  void watch_again();
  void lose_sight();
  void on_ready(Readiness ready) override;
  void receive(bool to_the_end);
  void receive_sealed();
  bool shake_hands();
  void heard_the_end();
  void end(EndReason reason);
  void say_goodbye(EndReason reason);
  void close();
  // returns: false if the kernel still watches the descriptor.
  bool unwatch();
  void mark_dirty();

  Loop& loop_;
  SocketEvents* events_;
  int fd_;  // -1 once the stream has ended
  ReadySet::Interest watched_;
  bool reading_ = true;
  Flush flush_ = Flush::none;
  Ending ending_ = Ending::none;
  Outbox outbox_;
  std::uint64_t blocked_since_ms_ = 0;
  std::unique_ptr<TlsSession> tls_;  // nullptr on a plain socket
};

}  // namespace microframe::net
