#include "ws/loop_deflate.hpp"

#include "ws/encode.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

base::SharedBuffer LoopDeflate::encoding(const base::SharedBuffer& frame,
                                         std::uint8_t window_bits) {
  if (frame.size() < settings_.threshold_bytes) return frame;
  const auto usual = static_cast<std::uint8_t>(settings_.window_bits);
  // No reference goes farther back than the beginning of the message: a short message suits the
  // narrow window too.
  const bool fits = window_bits >= usual || frame.size() <= std::size_t{1} << window_bits;
  if (fits) return frame.companion([&] { return deflate(frame, deflater(usual)); });
  base::SharedBuffer made = deflate(frame, deflater(window_bits));
  if (!made) return frame;
  made.set_shedding(frame.shedding());
  return made;
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

proto::Deflater& LoopDeflate::deflater(std::uint8_t window_bits) {
  auto& deflater = deflaters_.at(window_bits);
  if (!deflater) {
    deflater = std::make_unique<proto::Deflater>(
        deflater_options(settings_, window_bits, proto::Context::dropped));
  }
  return *deflater;
}

}  // namespace microframe::ws
