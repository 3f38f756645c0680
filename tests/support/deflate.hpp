// DEFLATE by zlib alone, not by what is tested: compressed payloads and frames, and what those of a
// server hold.
#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "support/bytes.hpp"

namespace test {

inline constexpr std::string_view kDeflateTail("\x00\x00\xFF\xFF", 4);

// One end's compressor or inflater, with its context.
class RawDeflate {
 public:
  explicit RawDeflate(int level = 6, int window_bits = 15, int strategy = Z_DEFAULT_STRATEGY) {
    if (deflateInit2(&stream_, level, Z_DEFLATED, -window_bits, 8, strategy) != Z_OK)
      throw std::logic_error("deflateInit2");
  }
  ~RawDeflate() { deflateEnd(&stream_); }
  RawDeflate(const RawDeflate&) = delete;
  RawDeflate& operator=(const RawDeflate&) = delete;

  // Appends what `flush` makes of the text.
  std::string operator()(std::string_view text, int flush = Z_SYNC_FLUSH) {
    std::string out(deflateBound(&stream_, text.size()) + 64, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    deflate(&stream_, flush);
    out.resize(out.size() - stream_.avail_out);
    return out;
  }
  // A message's payload (RFC 7692 §7.2.1).
  std::string message(std::string_view text) {
    std::string out = (*this)(text);
    return out.substr(0, out.size() - kDeflateTail.size());
  }

 private:
  z_stream stream_{};
};

class RawInflate {
 public:
  explicit RawInflate(int window_bits = 15) {
    if (inflateInit2(&stream_, -window_bits) != Z_OK) throw std::logic_error("inflateInit2");
  }
  ~RawInflate() { inflateEnd(&stream_); }
  RawInflate(const RawInflate&) = delete;
  RawInflate& operator=(const RawInflate&) = delete;

  // What a message's payload holds (RFC 7692 §7.2.2).
  std::string message(std::string_view payload) {
    const std::string whole = std::string(payload) + std::string(kDeflateTail);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(whole.data()));
    stream_.avail_in = static_cast<uInt>(whole.size());
    std::string out;
    do {
      char piece[65536];
      stream_.next_out = reinterpret_cast<Bytef*>(piece);
      stream_.avail_out = sizeof piece;
      const int result = inflate(&stream_, Z_SYNC_FLUSH);
      if (result != Z_OK && result != Z_BUF_ERROR) throw std::runtime_error("not to be inflated");
      out.append(piece, sizeof piece - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
};

// A message's payload, compressed without context.
inline std::string deflated(std::string_view text, int level = 6) {
  return RawDeflate(level).message(text);
}
// As a client's frame. opcode: 1 or 2.
inline std::string deflated_frame(std::string_view text, unsigned char opcode = 1) {
  return frame(static_cast<unsigned char>(0xC0 | opcode), deflated(text));
}

}  // namespace test
