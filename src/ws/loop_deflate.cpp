#include "ws/loop_deflate.hpp"

#include "ws/encode.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

// One encoding serves all receivers: whoever has too narrow a window for it gets the frame plain,
// because what one receiver asks for must not cost more than a message does.
base::SharedBuffer LoopDeflate::encoding(const base::SharedBuffer& frame,
                                         std::uint8_t window_bits) {
  if (frame.size() < settings_.threshold_bytes) return frame;
  // No reference goes farther back than the beginning of the message: a short message suits the
  // narrow window too.
  const bool fits = window_bits >= settings_.window_bits || frame.size() <= std::size_t{1}
                                                                                << window_bits;
  return fits ? frame.companion([&] { return deflate(frame, deflater()); }) : frame;
}

base::SharedBuffer LoopDeflate::encoding(const base::SharedBuffer& frame, proto::Deflater& own) {
  base::SharedBuffer made = deflate(frame, own);
  return made ? made : frame;
}

// returns: an empty buffer where the frame itself is better.
base::SharedBuffer LoopDeflate::deflate(const base::SharedBuffer& frame,
                                        proto::Deflater& deflater) {
  return deflated(frame, deflater, settings_.threshold_bytes, counts_.sent);
}

proto::Deflater& LoopDeflate::deflater() {
  if (!deflater_) {
    const auto window_bits = static_cast<std::uint8_t>(settings_.window_bits);
    deflater_ = std::make_unique<proto::Deflater>(
        deflater_options(settings_, window_bits, proto::Context::dropped));
  }
  return *deflater_;
}

}  // namespace microframe::ws
