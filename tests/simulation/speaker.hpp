// Speaker: one side of an open WebSocket in the simulation: a proto::Connection between two wires.
// It writes down what it sends as what the other side must see, and checks all that it reads
// against what was sent.
#pragma once

#include <optional>
#include <string_view>

#include "proto/connection.hpp"
#include "simulation/random.hpp"
#include "simulation/trace.hpp"
#include "simulation/wire.hpp"

namespace microframe::simulation {

class Speaker {
 public:
  // The wires outlive it.
  Speaker(proto::Role role, proto::ConnectionLimits limits, Wire& in, Wire& out, Random& random);

  // Reads what arrived. on_event(const proto::Event&) is called for each event, already checked.
  template <class OnEvent>
  void read(base::MutableBytes bytes, OnEvent&& on_event) {
    read_some(bytes, [&](const proto::Event& event) {
      on_event(event);
      return true;
    });
    check_at_rest();
  }
  // The same until on_event returns false, without a look at what is left.
  // returns: what was not read.
  template <class OnEvent>
  base::MutableBytes read_some(base::MutableBytes bytes, OnEvent&& on_event) {
    while (true) {
      const proto::Event event = next(bytes);
      if (event.kind == proto::Event::Kind::need_more || !on_event(event)) return bytes;
    }
  }
  // Nothing that has arrived is left: all that was sent so far must have been seen.
  void check_at_rest() const;

  void send_message(bool binary, std::string_view payload);
  // A frame already encoded by us: what the server shares among receivers.
  void send_frame(base::Bytes frame, std::string_view payload);
  // One fragment of a message; the whole is expected with the last.
  void send_fragment(proto::Opcode opcode, bool fin, std::string_view piece);
  void expect_message(bool binary, std::string_view payload);
  void send_ping(std::string_view payload);
  void send_pong(std::string_view payload);
  // returns: whether our Close went out, which it does once.
  bool send_close(proto::CloseCode code, std::string_view reason);
  // Breaks the protocol: `bytes`, for which the reader must fail with `code`.
  void send_wrong(std::string_view bytes, proto::CloseCode code);

  proto::State state() const { return connection_.state(); }
  unsigned closes_sent() const { return closes_sent_; }
  unsigned closes_read() const { return closes_read_; }
  bool failed() const { return failed_; }
  proto::CloseCode close_code() const { return close_code_; }
  std::optional<proto::MaskKey> mask();

 private:
  proto::Event next(base::MutableBytes& bytes);
  void check(const proto::Event& event, bool discarding);

  proto::Connection connection_;
  const proto::Role role_;
  const std::size_t heap_bytes_max_;  // of one block, while reading
  Wire& in_;
  Wire& out_;
  Random& random_;
  std::ptrdiff_t held_ = 0;  // blocks that the connection has on the heap
  unsigned closes_sent_ = 0;
  unsigned closes_read_ = 0;
  bool failed_ = false;
  proto::CloseCode close_code_ = proto::CloseCode::abnormal;  // the peer's
};

}  // namespace microframe::simulation
