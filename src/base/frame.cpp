#include "base/frame.hpp"

namespace microframe::base {

Frame Frame::own_copy() const {
  return Frame(plain_.own_copy(), enveloped_.own_copy());
}

void Frame::set_shedding(const Shedding& shedding) {
  if (plain_) plain_.set_shedding(shedding);
}

}  // namespace microframe::base
