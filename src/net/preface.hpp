// Preface: what a connected stream begins with before the bytes that its Socket is for, such as a
// proxy's header. Read to the byte: what follows stays in the kernel, for a Socket of any kind to
// begin with. Threading: its loop. It may be destroyed at any moment, inside its own callbacks too.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "net/descriptor.hpp"
#include "net/ready_set.hpp"

namespace microframe::net {

class Loop;

// They throw nothing.
class PrefaceEvents {
 public:
  // so_far: all that has come, from the first byte on; good until this returns. If the preface is
  // whole, the receiver calls release() or destroys it; if not, all of these bytes must be the
  // preface's.
  virtual void on_preface(base::Bytes so_far) = 0;
  // The stream has ended, or there is no memory to read it with. empty: without a byte.
  virtual void on_preface_end(bool empty) = 0;

 protected:
  ~PrefaceEvents() = default;
};

class Preface final : private ReadyEvents {
 public:
  // `fd` is connected and non-blocking. `events` must outlive it.
  Preface(Loop& loop, Descriptor fd, PrefaceEvents& events);
  ~Preface();
  Preface(const Preface&) = delete;
  Preface& operator=(const Preface&) = delete;

  // Inside on_preface: takes the first `size` of the bytes told out of the stream.
  // returns: the descriptor, which is the caller's from here on.
  Descriptor release(std::size_t size);

 private:
  void on_ready(Readiness ready) override;
  base::Bytes gather(base::Bytes peeked);
  // Takes `size` bytes, which have been seen there, out of the stream.
  void consume(std::size_t size);
  void watch(bool readable);

  Loop& loop_;
  PrefaceEvents& events_;
  Descriptor fd_;                // none once released
  std::vector<std::byte> held_;  // a preface in pieces
  std::size_t taken_ = 0;        // of these, out of the stream already
};

}  // namespace microframe::net
