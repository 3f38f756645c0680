#include "proto/mask.hpp"

#include <cstdint>
#include <cstring>

namespace microframe::proto {

void apply_mask(base::MutableBytes payload, const MaskKey& key, std::size_t offset) {
  MaskKey turned;
  for (std::size_t i = 0; i < 4; ++i) turned[i] = key[(offset + i) % 4];
  std::uint32_t half;
  std::memcpy(&half, turned.data(), 4);
  const std::uint64_t word_key = std::uint64_t{half} << 32 | half;

  std::byte* bytes = payload.data();
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    word ^= word_key;
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < payload.size(); ++i) bytes[i] ^= turned[i % 4];
}

}  // namespace microframe::proto
