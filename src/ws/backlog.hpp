// Backlog: the frames that a stream sends some at a time: what is sent again, and what has come behind
// that. No socket, no clock. Threading: the stream's loop.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/shared_buffer.hpp"

namespace microframe::ws {

class Backlog {
 public:
  // What is sent again. It is bounded where it is kept.
  // errors: std::bad_alloc; some of the frames may be in then.
  void add_again(const std::vector<base::SharedBuffer>& frames) {
    for (const base::SharedBuffer& frame : frames) push(frame);
  }
  // A message behind those.
  // errors: std::bad_alloc; then nothing has changed.
  void add(const base::SharedBuffer& frame) {
    push(frame);
    new_bytes_ += frame.size();
  }
  // returns: the frame that is next. There must be one.
  base::SharedBuffer take() {
    base::SharedBuffer frame = std::move(frames_[taken_++]);
    bytes_ -= frame.size();
    if (empty()) *this = {};
    return frame;
  }

  // An empty one holds no memory.
  bool empty() const { return taken_ == frames_.size(); }
  std::size_t bytes() const { return bytes_; }
  // Bytes of messages, that is of what may be too much for a slow peer.
  std::size_t new_bytes() const { return new_bytes_; }

 private:
  void push(const base::SharedBuffer& frame) {
    frames_.push_back(frame);
    bytes_ += frame.size();
  }

  std::vector<base::SharedBuffer> frames_;
  std::size_t taken_ = 0;  // of frames_
  std::size_t bytes_ = 0;
  std::size_t new_bytes_ = 0;
};

}  // namespace microframe::ws
