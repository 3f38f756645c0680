// The body of an HTTP/1.1 request, as it comes in pieces. RFC 9112 §6, §7.1. Strict: what two readers
// could take for different bodies is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "proto/http_head.hpp"

namespace microframe::proto {

struct BodyLimits {
  std::size_t bytes_max = 1024 * 1024;  // of the content
  HeadLimits trailer;                   // and of all chunk extensions together
};

class BodyReader {
 public:
  BodyReader(BodyLength length, BodyLimits limits);

  // Reads what is the body's at the front of `in`, and appends its content to `out`. Trailer fields
  // and chunk extensions are checked for form, and dropped (RFC 9112 §7.1.1, §7.1.2).
  // returns: how many bytes of `in` were the body's: all of them, until is_done().
  // errors:  413 for a body over the limits, as soon as that is known; 400, 431 for bad framing.
  //          Nothing can be read after.
  base::Result<std::size_t, HeadError> read(std::string_view in, std::string& out);
  bool is_done() const { return state_ == State::done; }

 private:
  // What comes next.
  enum class State : std::uint8_t {
    content,    // of a counted body
    size,       // the digits of a chunk's size
    extension,  // what follows them
    size_end,   // the line feed
    chunk,      // the content of a chunk
    chunk_cr,   // what ends it
    chunk_lf,
    trailer,      // the rest of a line
    trailer_end,  // its line feed
    done,
  };
  using Step = base::Result<std::size_t, HeadError>;

  Step read_some(std::string_view in, std::string& out);
  Step take_content(std::string_view in, std::string& out);
  Step read_size(char c);
  Step end_size();
  Step read_extension(char c);
  Step read_trailer(std::string_view in);
  Step end_trailer_line();
  Step expect(char c, char wanted, State next);

  const BodyLimits limits_;
  State state_;
  std::uint64_t left_ = 0;  // of the content, or of the chunk
  std::uint64_t content_ = 0;
  std::size_t digits_ = 0;
  std::size_t framing_ = 0;  // bytes of extensions and of the trailer
  std::size_t fields_ = 0;
  std::string line_;  // of the trailer
};

}  // namespace microframe::proto
