// Comeback: what a client does when its connection has ended: whether it comes back, when, and with
// which token (docs/protocol.md: The end of a connection). Pure: time and chance are arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace microframe::v1 {

// How a connection ended, or came to nothing.
struct ConnectionEnd {
  ConnectionEnd() = default;
  ConnectionEnd(std::uint16_t close_code, std::string why)
      : code(close_code), reason(std::move(why)) {}

  std::uint16_t code = 1006;  // of the server's Close; 1006: there was none
  std::string reason;         // the server's, or in words why
  unsigned status = 0;        // of an HTTP answer in place of the upgrade; 0: none
  std::optional<std::uint64_t> retry_after_ms;  // that answer's
};

// The server's advice before its Close.
struct Advice {
  Advice() = default;

  bool reconnect = false;
  std::uint64_t retry_ms = 0;
};

class Comeback {
 public:
  // The n-th attempt in a row waits between 0 and min(max_ms, first_ms * 2^n), whatever chance
  // says.
  struct Bounds {
    std::uint64_t first_ms = 500;
    std::uint64_t max_ms = 30'000;
  };
  struct Verdict {
    bool comes_back = false;
    bool fresh_token = false;  // the old one is not good any more
    std::uint64_t delay_ms = 0;
  };

  explicit Comeback(Bounds bounds) : bounds_(bounds) {}

  // The server has welcomed us.
  void welcomed(std::uint64_t now_ms) {
    welcomed_ms_ = now_ms;
    refused_ = false;
  }
  // The connection has been of use: it is no failure, however short it is.
  void proved() { attempts_ = 0; }
  // chance: of [0, 1), random.
  Verdict after(const ConnectionEnd& end, const std::optional<Advice>& advice, std::uint64_t now_ms,
                double chance);
  // The delay after a failure that had nothing to do with the server.
  std::uint64_t next_delay_ms(double chance);
  // Nothing that happened counts any more.
  void reset() {
    attempts_ = 0;
    refused_ = false;
    welcomed_ms_.reset();
  }

 private:
  Verdict after_refusal(const std::optional<Advice>& advice, double chance);

  const Bounds bounds_;
  unsigned attempts_ = 0;  // in a row
  bool refused_ = false;   // the token was, the last time
  std::optional<std::uint64_t> welcomed_ms_;
};

// The close code that an end stands for: an HTTP status that refuses us is the code of the same
// meaning.
std::uint16_t close_code_of(const ConnectionEnd& end);

}  // namespace microframe::v1
