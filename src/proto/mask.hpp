// Masking of payloads. RFC 6455 §5.3.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.hpp"

namespace microframe::proto {

using MaskKey = std::array<std::byte, 4>;

// Masks or unmasks `payload` in place. offset: where in the frame's payload it begins.
void apply_mask(base::MutableBytes payload, const MaskKey& key, std::size_t offset = 0);

}  // namespace microframe::proto
