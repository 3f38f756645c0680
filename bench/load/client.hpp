// One WebSocket of the load generator: a non-blocking socket, and the bytes that wait in both
// directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "deflate.hpp"
#include "dialect.hpp"
#include "frame.hpp"
#include "handshake.hpp"
#include "messages.hpp"

namespace bench {

// What the clients of a run share.
struct Wire {
  Deflate* deflate = nullptr;        // if set, compression must be agreed on
  const Dialect* dialect = nullptr;  // if set, messages come in this dialect
  std::uint64_t received_bytes = 0;  // by all of them
};

class Client {
 public:
  // The states follow in this order only. `closed` is reached by a whole closing handshake that
  // the client has begun; any other end is Broken.
  enum class State : std::uint8_t {
    connecting,
    shaking_hands,
    greeting,  // only with a dialect: until the dialect says that the server is ready
    open,
    close_sent,
    close_answered,
    closed
  };

  // Begins to connect.
  // wire: must outlive the client.
  Client(const Target& target, Handshake handshake, Wire& wire);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }
  State state() const { return state_; }
  // Whether on_writable() has something to do.
  bool wants_write() const { return state_ == State::connecting || !unsent_.empty(); }

  // Sends the request once connected; later, sends the bytes that did not fit into a full socket.
  void on_writable();
  // Reads once into `buffer`, and calls on_message(const Received&) for each whole data message.
  // Answers pings.
  template <class OnMessage>
  void on_readable(std::span<char> buffer, OnMessage&& on_message) {
    std::string_view rest = receive(buffer);
    Received message;
    while (next_message(rest, message)) on_message(message);
    keep(rest);
  }
  // Sends whole frames. Bytes that the socket does not take are sent when it is writable.
  void send(std::string_view frames);
  // Starts the closing handshake (§7.1.2), with status 1000.
  void send_close();
  // Makes the destructor reset the connection, like a peer that vanishes.
  void abort_at_end();

 private:
  std::string_view receive(std::span<char> buffer);
  void open_if_answered(std::string_view& rest);
  bool next_message(std::string_view& rest, Received& message);
  bool take_piece(Received& message);
  std::string_view content_of(const Frame& frame);
  void on_close(std::string_view payload);
  void on_end(int error);
  void keep(std::string_view rest);

  Wire& wire_;
  int fd_ = -1;
  State state_ = State::connecting;
  std::string_view accept_;
  std::string unsent_;       // at first, the request
  std::string_view pieces_;  // of a dialect's message that is being read
  std::string partial_;      // the front of a head or of a frame whose rest has not come
};

}  // namespace bench
