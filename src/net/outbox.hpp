// Outbox: the frames of one stream that have not left yet, and how much of the first has. Pure: the
// outbox writes nothing itself. The first frame lies in place, so that a stream with one frame at a
// time, as nearly every stream, allocates nothing.
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
  // Queues a frame, of one byte at least, behind the others.
  // errors: std::bad_alloc; the outbox is then unchanged.
  void push(base::SharedBuffer frame);
  // Queues a frame before the others, but behind one that has begun to leave.
  // errors: as push.
  void push_urgent(base::SharedBuffer frame);

  bool empty() const { return bytes_ == 0; }
  // Bytes that have not left.
  std::size_t bytes() const { return bytes_; }

  // Shows what must leave next, in its order, in as many pieces as there is room for.
  // offered: the number of bytes that the pieces show.
  // returns: how many pieces were filled in.
  std::size_t gather(std::span<iovec> pieces, std::size_t& offered) const;
  // Drops waiting frames of `stream`, the oldest first, until `bytes` bytes are gone or no frame of
  // the stream is left. The first frame of the outbox stays: some of it may have left.
  // returns: how many frames were dropped.
  std::size_t drop_oldest(std::uint64_t stream, std::size_t bytes);
  // Drops the waiting frames of `stream`, but not the first frame of the outbox.
  // returns: how many frames were dropped.
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
