// SentFrames: the frames that a session has been sent and has not said to have received, to be sent
// again after a lost connection. No I/O, no clock, no threads. The frames are shared: keeping one
// costs a pointer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/shared_buffer.hpp"

namespace microframe::v1 {

class SentFrames {
 public:
  // What is kept at most. Past it the oldest frames go; a client that has not received them cannot
  // resume.
  struct Bounds {
    std::size_t bytes_max;
    std::size_t frames_max;
  };
  explicit SentFrames(Bounds bounds) : bounds_(bounds) {}

  // Counts a frame, and keeps it.
  void add(base::SharedBuffer frame);
  // The receiver has the first `count` of all frames; a count of more than were ever sent is taken
  // for all of them.
  void forget(std::uint64_t count);
  // Whether every frame after the first `count` is still here.
  bool has_all_after(std::uint64_t count) const;
  // Calls visit(const SharedBuffer&) for each frame after the first `count`, in order.
  template <class Visit>
  void for_each_after(std::uint64_t count, Visit&& visit) const {
    for (std::size_t i = count > forgotten_ ? count - forgotten_ : 0; i < frames_.size(); ++i)
      visit(frames_[i]);
  }

  // Goes on where another has come to, which had forgotten so many. Before anything is added.
  void restore(std::uint64_t forgotten) { forgotten_ = forgotten; }

  // How many frames were ever sent.
  std::uint64_t count() const { return forgotten_ + frames_.size(); }
  std::size_t kept() const { return frames_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  void drop_first();

  const Bounds bounds_;
  std::uint64_t forgotten_ = 0;  // how many of the oldest frames
  std::size_t bytes_ = 0;
  std::deque<base::SharedBuffer> frames_;
};

}  // namespace microframe::v1
