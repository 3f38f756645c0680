// Client: one WebSocket of the load generator: a non-blocking socket, a handshake, masked frames out, whole
// frames in. One thread. Addresses other than loopback are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

// The server broke the protocol, or sent what was not expected: the whole run counts for nothing.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Target {
  std::string host;  // 127.x.y.z
  std::uint16_t port = 0;
  std::string path;
};
// Reads ws://127.0.0.1:PORT/PATH. Throws Broken for anything else.
Target parse_target(std::string_view url);

class Client {
 public:
  enum class State : std::uint8_t { connecting, shaking_hands, open, closed };

  // Begins to connect; `token` goes into the query if it is not empty.
  Client(const Target& target, const std::string& token);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  int fd() const { return fd_; }
  State state() const { return state_; }
  // Once connected: sends the request.
  void on_writable();
  // Reads what is there, and calls on_message(payload) for each whole data frame. A Close or EOF leads to
  // `closed`.
  template <class OnMessage>
  void on_readable(char* buffer, std::size_t size, OnMessage&& on_message) {
    read_into(buffer, size);
    std::string_view payload;
    while (next_message(payload)) on_message(payload);
    keep_rest();
  }
  // Sends one masked message (text, or binary), whole.
  void send_message(std::string_view payload, bool binary);
  void send_close();

 private:
  void read_into(char* buffer, std::size_t size);
  bool next_message(std::string_view& payload);
  void keep_rest();
  void check_answer();
  void send_all(const std::string& bytes);

  int fd_ = -1;
  State state_ = State::connecting;
  std::string request_;
  std::string partial_;
  std::string_view rest_;  // received and not yet looked at
};

}  // namespace bench
