// One WebSocket connection after its opening handshake, as a state machine: bytes in; events, and
// bytes to answer, out. No I/O, no clock, no threads. RFC 6455 §5 to §7, RFC 7692. Both roles.
//
// A driver feeds what it received:
//   for (std::span in = received;;) {
//     Event event = connection.next(in);  // consumes from the front of `in`, unmasking in place
//     if (event.kind == Event::Kind::need_more) break;  // `in` is empty
//     ...
//   }
// An unfragmented message that lies whole in `in` is delivered as a view of it; any other is
// gathered in a buffer of the machine's own, and a compressed one inflated into an inflater's. Both
// are given back when the message is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "proto/close_code.hpp"
#include "proto/control_frame.hpp"
#include "proto/frame_header.hpp"
#include "proto/inflater_pool.hpp"
#include "proto/mask.hpp"

namespace microframe::proto {

// §7.1. Each transition is made in connection.cpp, in one place per state.
enum class State : std::uint8_t {
  open,
  close_sent,      // ours is out; the peer's Close is awaited; a server discards data meanwhile
  close_received,  // the peer's is in; the driver must send ours with close()
  closed,          // both are out: the server drops the TCP connection (§7.1.1)
  failed,          // the peer broke the protocol; the driver sends close(event.code) and drops the
                   // connection
};

struct ConnectionLimits {
  std::size_t message_bytes_max = 1024 * 1024;  // after inflating
  std::size_t fragments_max = 1024;
};

struct Event {
  enum class Kind : std::uint8_t {
    need_more,  // all bytes are consumed
    message,    // payload, binary
    ping,       // payload: answer with a pong
    pong,       // payload
    close,      // code (1005 where the peer gave none), reason: the first Close from the peer
    failed,     // code to close with (1002, 1007, 1008, 1009), reason: the broken rule, for the log
  };
  Kind kind = Kind::need_more;
  bool binary = false;
  CloseCode code = CloseCode::no_status;
  base::Bytes payload;      // valid until the next call of next()
  std::string_view reason;  // close: the peer's, valid as payload; failed: a literal
};

class Utf8Validator;

class Connection {
 public:
  // inflaters: given where permessage-deflate was agreed on, for the messages that come compressed.
  // Borrowed; the destructor does not need it.
  Connection(Role role, ConnectionLimits limits, InflaterPool* inflaters = nullptr);
  ~Connection();

  // Reads on: consumes bytes from the front of `in`, until one event is complete or `in` is empty.
  // After `failed`, and after the peer's Close, whatever follows is consumed and dropped (§5.5.1,
  // §7.1.7). After our Close, pings are read and dropped until the peer's Close comes and, on a
  // server, data frames are skipped by their length: never gathered, unmasked or inflated.
  Event next(base::MutableBytes& in);

  // Sends our Close: returns the frame to write, or an empty one if ours is already out (§5.5.1:
  // one Close only). code: no_status, or one that may be sent. reason: cut to 123 bytes at a
  // character. mask: a client's key.
  ControlFrame close(CloseCode code, std::string_view reason = {},
                     std::optional<MaskKey> mask = {});

  State state() const { return state_; }
  // Once next() needs more: whether it has all of the messages and frames that have begun.
  bool is_between_messages() const { return !progress_; }

 private:
  struct Progress;

  bool skips(const FrameHeader& header) const;
  bool is_discarded(const Event& event) const;
  bool drops_everything() const { return state_ != State::open && state_ != State::close_sent; }
  Progress& progress();
  bool read_ordinary(base::MutableBytes& in, Event& result);
  bool read_header(base::MutableBytes& in, FrameHeader& header, Event& failure);
  bool check_sequence(const FrameHeader& header, Event& failure);
  std::uint64_t bytes_left(const FrameHeader& header) const;
  void begin_frame(const FrameHeader& header);
  Event whole_frame(const FrameHeader& header, base::MutableBytes payload);
  Event whole_compressed(bool binary, base::Bytes payload);
  bool read_payload(base::MutableBytes& in, Event& failure);
  bool inflate(base::Bytes piece, Utf8Validator* text, Event& failure);
  bool finish_inflating(Event& failure);
  Event finish_frame();
  Event control(Opcode opcode, base::Bytes payload);
  Event peer_close(base::Bytes payload);
  Event fail(CloseCode code, std::string_view reason);
  void drop_message();
  void give_back();

  const ConnectionLimits limits_;
  std::unique_ptr<Progress> progress_;  // of a frame or message that is not whole yet
  InflaterPool* const inflaters_;
  std::unique_ptr<Inflater> inflater_;  // of a compressed message that is not done
  const Role role_;
  State state_ = State::open;
  bool delivered_ = false;  // the last call delivered a message, which progress_ or inflater_ holds
};

}  // namespace microframe::proto
