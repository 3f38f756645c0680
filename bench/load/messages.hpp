// The messages of a run: all of one size, each marked with its sender and number, so that one lost,
// repeated, out of order or sent to the wrong peer is seen.
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

// The first bytes of a message; a shorter message holds as much of it as it can.
using Mark = std::array<char, 16>;
Mark make_mark(std::uint32_t sender, std::uint32_t number);

// What came.
struct Received {
  std::string_view payload;
  bool binary = false;
};

class Messages {
 public:
  // The size and the kind of messages are the options', which outlive them.
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
  std::string payload_;  // behind the mark, what all messages have in common
  std::string frame_;
  std::size_t head_bytes_;
  std::optional<Deflate> deflate_;
};

}  // namespace bench
