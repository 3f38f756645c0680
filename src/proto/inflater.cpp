#include "proto/inflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace microframe::proto {
namespace {

constexpr std::size_t kFirstOutputBytes = 4096;
constexpr std::size_t kFeedBytesMax = std::size_t{1} << 30;  // zlib counts in 32 bits
// §7.2.1: what the sender has removed from the end of each message.
constexpr std::array kTail = {std::byte{0x00}, std::byte{0x00}, std::byte{0xFF}, std::byte{0xFF}};

// Whether inflate() stopped behind the last bit of a block that ends a byte (see data_type in
// zlib.h).
bool is_at_boundary(const z_stream& stream) {
  constexpr int kEndOfBlock = 128;
  constexpr int kUnusedBits = 63;
  return (stream.data_type & kEndOfBlock) != 0 && (stream.data_type & kUnusedBits) == 0;
}

}  // namespace

void Inflater::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

Inflater::Inflater(std::uint8_t window_bits, Context context)
    : stream_(new_zlib_stream()), context_(context) {
  // Below 0: raw data, without a header.
  if (inflateInit2(stream_.get(), -static_cast<int>(window_bits)) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() = default;

std::optional<InflateError> Inflater::feed(base::Bytes piece, std::size_t bytes_max) {
  const std::size_t capacity_max = std::max(bytes_max, bytes_max + 1);
  bytes_fed_ += piece.size();
  z_stream& stream = *stream_;
  while (!piece.empty()) {
    const base::Bytes part = piece.first(std::min(piece.size(), kFeedBytesMax));
    piece = piece.subspan(part.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      const int result = inflate_some(capacity_max);
      if (output_.size() > bytes_max) return InflateError::too_big;
      if (result == Z_STREAM_END) {
        // §7.2.3.4: a final block ends no message. inflateReset would forget the window, to which
        // the blocks that follow may refer; saving it around that would cost 64 KiB of copying for
        // each two bytes.
        inflateResetKeep(&stream);
        at_boundary_ = true;
        if (stream.avail_in == 0) break;
      } else if (result == Z_OK ||
                 result == Z_BUF_ERROR) {  // the latter: no progress, for want of input
        at_boundary_ = is_at_boundary(stream);
      } else if (result == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else {
        return InflateError::corrupt;
      }
    } while (stream.avail_in != 0 || stream.avail_out == 0);
  }
  return std::nullopt;
}

// Calls inflate() once, with some room for output.
int Inflater::inflate_some(std::size_t capacity_max) {
  if (output_.size() == output_.capacity()) {
    const std::size_t wanted = std::max(kFirstOutputBytes, 2 * output_.capacity());
    output_.reserve(std::min(wanted, capacity_max));
  }
  // A buffer kept from before may be larger than this message may be.
  const std::size_t room = std::min(output_.room().size(), capacity_max - output_.size());
  z_stream& stream = *stream_;
  stream.next_out = reinterpret_cast<Bytef*>(output_.room().data());
  stream.avail_out =
      static_cast<uInt>(std::min<std::size_t>(room, std::numeric_limits<uInt>::max()));
  const uInt offered = stream.avail_out;
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  output_.grow(offered - stream.avail_out);
  return result;
}

std::optional<InflateError> Inflater::finish() {
  // The header of the empty block whose rest the sender has removed: §7.2.1 step 3.
  if (inflateSyncPoint(stream_.get()) == 1) {
    // Only a context that is kept must get past that block.
    return context_ == Context::kept ? feed(kTail, output_.size()) : std::nullopt;
  }
  // Not as §7.2.1 has it, but nothing is missing either: a last fragment without data, behind one
  // that was flushed whole.
  return at_boundary_ ? std::nullopt : std::optional(InflateError::truncated);
}

void Inflater::restart() {
  output_.clear();
  bytes_fed_ = 0;
  at_boundary_ = true;
  if (context_ == Context::dropped) inflateReset(stream_.get());
}

void Inflater::trim(std::size_t bytes_max) {
  if (output_.capacity() > bytes_max) output_.release();
}

}  // namespace microframe::proto
