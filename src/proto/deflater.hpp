// Deflater: compresses whole messages. RFC 7692 §7.2.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "proto/byte_buffer.hpp"
#include "proto/deflate_params.hpp"
#include "proto/zlib_stream.hpp"

namespace microframe::proto {

struct DeflaterOptions {
  int level = 1;         // 1 to 9
  int memory_level = 8;  // 1 to 9
  std::uint8_t window_bits = kWindowBitsMax;
  Context context = Context::dropped;
};

class Deflater {
 public:
  // errors: std::bad_alloc, as compress() too.
  explicit Deflater(const DeflaterOptions& options);
  ~Deflater();

  // The payload of a compressed message. Valid until the next call.
  // returns: nullopt if that is not shorter than the message itself. With a kept context there is
  // always a payload, which must be sent, because the next one may refer to it.
  std::optional<base::Bytes> compress(base::Bytes message);

  // The bytes one holds, by zlib's own account.
  static std::size_t bytes_held(const DeflaterOptions& options);

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  bool deflate_all(base::Bytes message, std::size_t bytes_max);

  std::unique_ptr<z_stream_s, End> stream_;
  ByteBuffer output_;
  const Context context_;
};

}  // namespace microframe::proto
