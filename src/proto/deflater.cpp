#include "proto/deflater.hpp"

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>

namespace microframe::proto {
namespace {

constexpr std::size_t kTailBytes = 4;  // 00 00 FF FF
// With less room than this a flush could leave its marker more than once (see deflate() in zlib.h).
constexpr std::size_t kFlushRoom = 16;
constexpr std::size_t kIdleOutputBytes = 64 * 1024;
constexpr std::byte kEmptyBlock[] = {std::byte{0x00}};  // §7.2.3.6

}  // namespace

void Deflater::End::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

Deflater::Deflater(const DeflaterOptions& options)
    : stream_(new_zlib_stream()), context_(options.context) {
  assert(options.window_bits >= kWindowBitsMin && options.window_bits <= kWindowBitsMax);
  // Below 0: raw data, without a header.
  const int window_bits = -static_cast<int>(options.window_bits);
  if (deflateInit2(stream_.get(), options.level, Z_DEFLATED, window_bits, options.memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() = default;

std::optional<base::Bytes> Deflater::compress(base::Bytes message) {
  output_.clear();
  if (output_.capacity() > kIdleOutputBytes && message.size() < kIdleOutputBytes) output_.release();
  if (context_ == Context::kept) {
    deflate_all(message, std::numeric_limits<std::size_t>::max());
  } else {
    deflateReset(stream_.get());
    if (!deflate_all(message, message.size() + kTailBytes)) return std::nullopt;
  }
  // A second flush of nothing gives nothing.
  if (output_.size() <= kTailBytes) return base::Bytes(kEmptyBlock);
  const base::Bytes payload = output_.bytes().first(output_.size() - kTailBytes);
  if (context_ == Context::dropped && payload.size() >= message.size()) return std::nullopt;
  return payload;
}

// Appends the message, flushed, to the output, and stops when that is longer than `bytes_max`.
bool Deflater::deflate_all(base::Bytes message, std::size_t bytes_max) {
  assert(message.size() <= std::numeric_limits<uInt>::max());
  z_stream& stream = *stream_;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  output_.reserve(message.size() + kFlushRoom);
  do {
    if (output_.room().size() < kFlushRoom)
      output_.reserve(output_.size() + message.size() / 8 + kFlushRoom);
    stream.next_out = reinterpret_cast<Bytef*>(output_.room().data());
    stream.avail_out = static_cast<uInt>(
        std::min<std::size_t>(output_.room().size(), std::numeric_limits<uInt>::max()));
    const uInt offered = stream.avail_out;
    deflate(&stream, Z_SYNC_FLUSH);
    output_.grow(offered - stream.avail_out);
    if (output_.size() > bytes_max) return false;
  } while (stream.avail_out == 0);
  return true;
}

// See "Memory Footprint" in zconf.h; the state itself is some 6 KiB.
std::size_t Deflater::bytes_held(const DeflaterOptions& options) {
  return (std::size_t{1} << (options.window_bits + 2)) +
         (std::size_t{1} << (options.memory_level + 9)) + 6 * 1024;
}

}  // namespace microframe::proto
