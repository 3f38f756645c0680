// The messages of a run: all of one size, each marked with its sender and number, so that a
// message which is lost, repeated, out of order or sent to the wrong peer is noticed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "deflate.hpp"
#include "frame.hpp"
#include "options.hpp"

namespace bench {

// The first bytes of a message. A shorter message holds as much of the mark as fits.
using Mark = std::array<char, 16>;
Mark make_mark(std::uint32_t sender, std::uint32_t number);

// A received message.
struct Received {
  std::string_view payload;
  bool binary = false;
};

class Messages {
 public:
  // The options, which must outlive the Messages, decide the size and the kind.
  explicit Messages(const Options& options);

  // The message as a masked frame (RFC 6455 §5.2). Valid until the next call.
  std::string_view frame(const Mark& mark);
  // Whether `received` is this message: every byte, and text or binary as it was sent.
  bool equal(const Received& received, const Mark& mark) const;

 private:
  Opcode opcode() const { return binary_ ? Opcode::binary : Opcode::text; }
  std::size_t marked() const {
    return payload_.size() < Mark{}.size() ? payload_.size() : Mark{}.size();
  }

  const bool binary_;
  const Dialect* const dialect_;
  std::string payload_;  // behind the mark: the content that all messages share
  std::string frame_;
  std::size_t head_bytes_;
  std::optional<Deflate> deflate_;
};

}  // namespace bench
