// One WebSocket of the load generator: a non-blocking socket and what has come and not gone on it.
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

// What the clients of a run have in common.
struct Wire {
  Deflate* deflate = nullptr;        // if there is one, it must be agreed on
  const Dialect* dialect = nullptr;  // if there is one, messages come in it
  std::uint64_t received_bytes = 0;  // by all of them
};

class Client {
 public:
  // Only forwards. `closed` is reached by a whole closing handshake, begun here; any other end is
  // Broken.
  enum class State : std::uint8_t {
    connecting,
    shaking_hands,
    greeting,  // only with a dialect: until it says that the server is ready
    open,
    close_sent,
    close_answered,
    closed
  };

  // Begins to connect. wire: outlives the client.
  Client(const Target& target, Handshake handshake, Wire& wire);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }
  State state() const { return state_; }
  // Whether on_writable() has something to do.
  bool wants_write() const { return state_ == State::connecting || !unsent_.empty(); }

  // Sends the request once connected; later, what a full socket left over.
  void on_writable();
  // Reads once into `buffer` and calls on_message(const Received&) for each whole data message.
  // Answers pings.
  template <class OnMessage>
  void on_readable(std::span<char> buffer, OnMessage&& on_message) {
    std::string_view rest = receive(buffer);
    Received message;
    while (next_message(rest, message)) on_message(message);
    keep(rest);
  }
  // Sends whole frames; what the socket does not take goes when it is writable.
  void send(std::string_view frames);
  // §7.1.2, with status 1000.
  void send_close();
  // Makes the destructor reset the connection, as a peer that vanishes does.
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
