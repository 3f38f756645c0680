// Wire: one direction of a simulated stream: bytes under way, how they end, and, for the checks,
// what a reader of them must see. The network cuts, delays and breaks; it never reorders a stream.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "proto/close_code.hpp"
#include "proto/connection.hpp"
#include "simulation/random.hpp"

namespace microframe::simulation {

// An event the reader is owed, in the order sent.
struct Expected {
  proto::Event::Kind kind;
  bool binary = false;
  std::string payload;  // of a message, ping or pong; the reason of a Close
  proto::CloseCode code = proto::CloseCode::no_status;  // of a Close, or a failure
};

class Wire {
 public:
  enum class End : unsigned char { none, eof, reset };

  void push(base::Bytes bytes) {
    if (end_ == End::none) bytes_ += base::as_text(bytes);
  }
  void expect(Expected event) {
    if (end_ == End::none) expected.push_back(std::move(event));
  }
  // The writer has, or has not, still fragments of a message to send.
  void begin_message(bool begun) {
    if (end_ == End::none) mid_message_ = begun;
  }
  bool mid_message() const { return mid_message_; }
  // The writer has said its last byte.
  void finish() {
    if (end_ == End::none) end_ = End::eof;
  }
  // The network drops what is under way.
  void reset() {
    if (told_) return;
    bytes_.clear();
    end_ = End::reset;
  }

  bool has_bytes() const { return !bytes_.empty(); }
  // Whether the reader has something to be told.
  bool waiting() const { return !bytes_.empty() || (end_ != End::none && !told_); }
  // Whether something that was under way may never come.
  bool was_cut() const { return end_ == End::reset; }
  bool told_end() const { return told_; }

  // The next piece to arrive, of a size the network chooses.
  std::vector<std::byte> take(Random& random) {
    const std::size_t sizes[] = {1, 1 + random.below(8), 1 + random.below(200), bytes_.size(),
                                 bytes_.size()};
    const std::size_t size = std::min(bytes_.size(), sizes[random.below(5)]);
    const auto piece = base::as_bytes(std::string_view(bytes_).substr(0, size));
    std::vector<std::byte> taken(piece.begin(), piece.end());
    bytes_.erase(0, size);
    return taken;
  }
  End take_end() {
    told_ = true;
    return end_;
  }

  std::deque<Expected> expected;

 private:
  std::string bytes_;
  End end_ = End::none;
  bool told_ = false;
  bool mid_message_ = false;
};

}  // namespace microframe::simulation
