// Inflater: the payloads of compressed messages, inflated piece by piece, never beyond a bound. RFC
// 7692 §7.2.2. One message at a time. It holds about 42 KiB, and its output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "proto/byte_buffer.hpp"
#include "proto/zlib_stream.hpp"

namespace microframe::proto {

enum class InflateError : std::uint8_t {
  too_big,
  corrupt,    // no DEFLATE data
  truncated,  // the message ends inside a block
};

class Inflater {
 public:
  // window_bits: at least those the peer deflates with. context: whether the window goes on from
  // message to message.
  // errors: std::bad_alloc, as feed() too.
  Inflater(std::uint8_t window_bits, Context context);
  ~Inflater();

  // Inflates the next piece of the message's payload; appends to output().
  // bytes_max: of the whole output; not one byte more than that plus one is ever inflated.
  // errors:    too_big, corrupt. What came out before is in output(); nothing more may be fed.
  std::optional<InflateError> feed(base::Bytes piece, std::size_t bytes_max);
  // The payload has ended.
  // errors: truncated.
  std::optional<InflateError> finish();

  // What the message is so far. Valid until the next call of another method.
  base::Bytes output() const { return output_.bytes(); }
  // The bytes that were fed of it.
  std::size_t bytes_fed() const { return bytes_fed_; }

  // Makes ready for the next message, after an error too.
  void restart();
  // Gives back the output's memory if it is more than `bytes_max`.
  void trim(std::size_t bytes_max);

  // The bytes one holds between messages, by zlib's own account.
  static std::size_t bytes_held(std::uint8_t window_bits) {
    return (std::size_t{1} << window_bits) + std::size_t{10} * 1024;
  }

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  int inflate_some(std::size_t capacity_max);

  std::unique_ptr<z_stream_s, End> stream_;
  ByteBuffer output_;
  std::size_t bytes_fed_ = 0;
  const Context context_;
  bool at_boundary_ = true;  // between blocks, and between bytes
};

}  // namespace microframe::proto
