// Outbox: the frames of one stream that have not left yet, and how far the first has. Pure: it
// writes nothing itself. The first frame lies in place, so that a stream with one frame at a time,
// which is nearly every one, allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/shared_buffer.hpp"

struct iovec;

namespace microframe::net {

class Outbox {
 public:
  // Queues a frame, of one byte at least, behind the others. errors: std::bad_alloc, as if it had
  // not been.
  void push(base::SharedBuffer frame);
  // Queues a frame before the others, but behind one that has begun to leave. errors: as push.
  void push_urgent(base::SharedBuffer frame);

  bool empty() const { return bytes_ == 0; }
  // Bytes still to leave.
  std::size_t bytes() const { return bytes_; }

  // Shows what is to leave next, first things first, in as many pieces as there is room for.
  // returns: the pieces filled in; `offered` is the bytes they show.
  std::size_t gather(std::span<iovec> pieces, std::size_t& offered) const;
  // Drops waiting frames of `stream`, the oldest first, until `bytes` bytes have gone or none is
  // left of it. The first frame stays: some of it may have left. returns: how many were dropped.
  std::size_t drop_oldest(std::uint64_t stream, std::size_t bytes);
  // Drops the frames of `stream` that wait, but not the first. returns: how many were dropped.
  std::size_t drop_superseded(std::uint64_t stream);

  // So many bytes have left. An empty outbox holds no memory.
  void consume(std::size_t bytes);

 private:
  void next_front();
  std::size_t drop(base::Shedding::Rule rule, std::uint64_t stream, std::size_t bytes);

  base::SharedBuffer front_;
  std::size_t front_left_ = 0;  // bytes of front_ that have left
  std::size_t bytes_ = 0;
  std::vector<base::SharedBuffer> rest_;  // behind front_
  std::size_t rest_begin_ = 0;            // the first of rest_ that still counts
};

}  // namespace microframe::net
