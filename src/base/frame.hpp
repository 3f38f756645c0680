// Frame: a message once encoded, in the forms in which receivers are sent it: plain, and enveloped,
// which is the message with the envelope of a subprotocol around it. Either form may be missing.
// Each form is shared, and has its compressed companion made when a receiver first wants one.
// Copying a Frame copies two pointers. Threading: as SharedBuffer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/shared_buffer.hpp"

namespace microframe::base {

class Frame {
 public:
  Frame() = default;
  explicit Frame(SharedBuffer plain, SharedBuffer enveloped = {})
      : plain_(std::move(plain)), enveloped_(std::move(enveloped)) {}

  const SharedBuffer& plain() const { return plain_; }
  const SharedBuffer& enveloped() const { return enveloped_; }
  // Whether there is any form.
  explicit operator bool() const { return plain_ || enveloped_; }
  // In bytes, of the larger form: what a limit has to reckon with.
  std::size_t size() const { return std::max(plain_.size(), enveloped_.size()); }

  // The same with a count of its own for each form, as SharedBuffer::own_copy().
  // errors: std::bad_alloc.
  Frame own_copy() const;
  // What may become of the plain form where it waits. The enveloped form always stays: receivers of
  // a subprotocol count what they are sent, and would find one missing. Called by the maker, before
  // anyone else can see the frame.
  void set_shedding(const Shedding& shedding);

 private:
  SharedBuffer plain_;
  SharedBuffer enveloped_;
};

}  // namespace microframe::base
