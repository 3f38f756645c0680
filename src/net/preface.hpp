// Preface: what a connected stream begins with before the bytes that its Socket is for, such as a
// proxy's header. Not a byte more is read: what follows stays in the kernel, where a Socket of any
// kind begins. Threading: its loop. A preface may be destroyed at any moment, inside its own
// callbacks too.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "net/descriptor.hpp"
#include "net/ready_set.hpp"

namespace microframe::net {

class Loop;

// What a preface tells its owner. These functions throw nothing.
class PrefaceEvents {
 public:
  // so_far: all that has come, from the first byte on; good until on_preface returns. If the
  // preface is whole, the receiver calls release() or destroys the Preface; otherwise all of
  // these bytes must belong to the preface.
  virtual void on_preface(base::Bytes so_far) = 0;
  // The stream has ended, or there is no memory to read it.
  // empty: not a byte has come.
  virtual void on_preface_end(bool empty) = 0;

 protected:
  ~PrefaceEvents() = default;
};

class Preface final : private ReadyEvents {
 public:
  // `fd` is connected and non-blocking. `events` must outlive the preface.
  Preface(Loop& loop, Descriptor fd, PrefaceEvents& events);
  ~Preface();
  Preface(const Preface&) = delete;
  Preface& operator=(const Preface&) = delete;

  // Takes the first `size` of the bytes told out of the stream. Only inside on_preface.
  // returns: the descriptor, which is the caller's from here on.
  Descriptor release(std::size_t size);

 private:
  void on_ready(Readiness ready) override;
  base::Bytes gather(base::Bytes peeked);
  // Takes `size` bytes, which have been looked at already, out of the stream.
  void consume(std::size_t size);
  void watch(bool readable);

  Loop& loop_;
  PrefaceEvents& events_;
  Descriptor fd_;                // none once released
  std::vector<std::byte> held_;  // a preface in pieces
  std::size_t taken_ = 0;        // of these, out of the stream already
};

}  // namespace microframe::net
