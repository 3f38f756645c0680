#include "v1/sent_frames.hpp"

namespace microframe::v1 {

void SentFrames::add(base::SharedBuffer frame) {
  bytes_ += frame.size();
  frames_.push_back(std::move(frame));
  while (frames_.size() > bounds_.frames_max || bytes_ > bounds_.bytes_max) drop_first();
}

void SentFrames::forget(std::uint64_t count) {
  while (forgotten_ < count && !frames_.empty()) drop_first();
}

bool SentFrames::has_all_after(std::uint64_t count) const {
  return count >= forgotten_ && count <= this->count();
}

void SentFrames::drop_first() {
  bytes_ -= frames_.front().size();
  frames_.pop_front();
  ++forgotten_;
}

}  // namespace microframe::v1
