#include "proto/mask.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace microframe::proto {
namespace {

using Lanes [[gnu::vector_size(16)]] = std::uint64_t;

template <class Word>
void flip(std::byte* bytes, Word key) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  word ^= key;
  std::memcpy(bytes, &word, sizeof word);
}

}  // namespace

void apply_mask(base::MutableBytes payload, const MaskKey& key, std::size_t offset) {
  // The key from `offset` on.
  const auto whole = std::bit_cast<std::uint32_t>(key);
  const int turn = static_cast<int>(offset % 4 * 8);
  const std::uint32_t half =
      std::endian::native == std::endian::little ? std::rotr(whole, turn) : std::rotl(whole, turn);
  const std::uint64_t word = std::uint64_t{half} << 32 | half;
  const Lanes lanes = {word, word};

  std::byte* bytes = payload.data();
  std::size_t left = payload.size();
  for (; left >= 64; bytes += 64, left -= 64) {
    flip(bytes, lanes);
    flip(bytes + 16, lanes);
    flip(bytes + 32, lanes);
    flip(bytes + 48, lanes);
  }
  for (; left >= 8; bytes += 8, left -= 8) flip(bytes, word);
  if (left >= 4) {
    flip(bytes, half);
    bytes += 4;
    left -= 4;
  }
  const auto turned = std::bit_cast<MaskKey>(half);
  for (std::size_t i = 0; i < left; ++i) bytes[i] ^= turned[i];
}

}  // namespace microframe::proto
