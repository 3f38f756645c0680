#include "proto/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace microframe::proto {
namespace {

// What may come next, as a shift: a byte's row holds at each state's place the state that follows.
// A step is a load that waits for no other and a shift, whatever the text is.
enum State : std::uint8_t {
  kNothing = 0,  // no valid text begins so
  kWhole = 6,    // a character
  kOneMore = 12,
  kTwoMore = 18,
  kThreeMore = 24,
  kBehindE0 = 30,  // the second byte is narrower: an overlong form, a surrogate, beyond U+10FFFF
  kBehindED = 36,
  kBehindF0 = 42,
  kBehindF4 = 48,
};
static_assert(Utf8Validator::kStart == kWhole);
constexpr unsigned kStateMask = 63;

// RFC 3629 §4, the table of UTF8-1 to UTF8-4.
constexpr State begin_character(unsigned byte) {
  if (byte < 0x80) return kWhole;
  if (byte < 0xC2 || byte > 0xF4) return kNothing;
  if (byte < 0xE0) return kOneMore;
  if (byte == 0xE0) return kBehindE0;
  if (byte == 0xED) return kBehindED;
  if (byte < 0xF0) return kTwoMore;
  if (byte == 0xF0) return kBehindF0;
  return byte == 0xF4 ? kBehindF4 : kThreeMore;
}

constexpr std::uint64_t row_of(unsigned byte) {
  std::uint64_t row = 0;
  const auto from = [&](State state, State next) { row |= std::uint64_t{next} << state; };
  const auto within = [&](unsigned low, unsigned high, State next) {
    return byte >= low && byte <= high ? next : kNothing;
  };
  from(kWhole, begin_character(byte));
  from(kOneMore, within(0x80, 0xBF, kWhole));
  from(kTwoMore, within(0x80, 0xBF, kOneMore));
  from(kThreeMore, within(0x80, 0xBF, kTwoMore));
  from(kBehindE0, within(0xA0, 0xBF, kOneMore));
  from(kBehindED, within(0x80, 0x9F, kOneMore));
  from(kBehindF0, within(0x90, 0xBF, kTwoMore));
  from(kBehindF4, within(0x80, 0x8F, kTwoMore));
  return row;
}

constexpr std::array<std::uint64_t, 256> kRows = [] {
  std::array<std::uint64_t, 256> rows{};
  for (unsigned byte = 0; byte < rows.size(); ++byte) rows[byte] = row_of(byte);
  return rows;
}();

// The length of the ASCII run at the front, by whole words: of two lanes while there are many.
std::size_t ascii_run(const std::byte* bytes, std::size_t size) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  using Chunk [[gnu::vector_size(16)]] = std::uint64_t;
  std::size_t i = 0;
  for (; i + 64 <= size; i += 64) {
    Chunk lanes[4];
    std::memcpy(lanes, bytes + i, sizeof lanes);
    const Chunk all = lanes[0] | lanes[1] | lanes[2] | lanes[3];
    if ((all[0] | all[1]) & kHighBits) break;
  }
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    if (word & kHighBits) break;
  }
  return i;
}

}  // namespace

bool Utf8Validator::feed(base::Bytes bytes) {
  // Between two looks whether the text is ASCII again, or no text any more.
  constexpr std::size_t kStretch = 16;
  std::uint64_t state = state_;
  for (std::size_t i = 0; i < bytes.size();) {
    if (state == kNothing) break;
    if (state == kWhole) i += ascii_run(bytes.data() + i, bytes.size() - i);
    const std::size_t end = std::min(bytes.size(), i + kStretch);
    for (; i < end; ++i)
      state = kRows[std::to_integer<std::size_t>(bytes[i])] >> (state & kStateMask);
    state &= kStateMask;
  }
  state_ = static_cast<std::uint8_t>(state);
  return state != kNothing;
}

bool is_utf8(base::Bytes bytes) {
  Utf8Validator validator;
  return validator.feed(bytes) && validator.complete();
}

}  // namespace microframe::proto
