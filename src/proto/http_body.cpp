#include "proto/http_body.hpp"

#include <algorithm>

namespace microframe::proto {
namespace {

// So many hexadecimal digits fit a std::uint64_t, with room to spare.
constexpr std::size_t kSizeDigitsMax = 15;
constexpr HeadError kBodyTooLarge{413, "body too large"};
constexpr HeadError kFramingTooLarge{431, "chunk extensions or trailer too large"};

auto bad_body(std::string_view reason) {
  return base::fail(HeadError{400, reason});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyReader::BodyReader(BodyLength length, BodyLimits limits)
    : limits_(limits), state_(State::done), left_(length.bytes) {
  if (length.form == BodyLength::Form::chunked) state_ = State::size;
  if (length.form == BodyLength::Form::counted && left_ != 0) state_ = State::content;
}

base::Result<std::size_t, HeadError> BodyReader::read(std::string_view in, std::string& out) {
  std::size_t read = 0;
  if (state_ == State::content && left_ > limits_.bytes_max) return base::fail(kBodyTooLarge);
  while (read < in.size() && !is_done()) {
    const Step step = read_some(in.substr(read), out);
    if (!step) return step;
    read += *step;
  }
  return read;
}

// in: one byte at least.
// returns: how many of them were read.
BodyReader::Step BodyReader::read_some(std::string_view in, std::string& out) {
  switch (state_) {
    case State::content:
    case State::chunk:
      return take_content(in, out);
    case State::size:
      return read_size(in.front());
    case State::extension:
      return read_extension(in.front());
    case State::size_end:
      return in.front() == '\n' ? end_size() : bad_body("bare carriage return");
    case State::chunk_cr:
      return expect(in.front(), '\r', State::chunk_lf);
    case State::chunk_lf:
      return expect(in.front(), '\n', State::size);
    case State::trailer:
      return read_trailer(in);
    case State::trailer_end:
      return in.front() == '\n' ? end_trailer_line() : bad_body("bare carriage return");
    case State::done:
      break;
  }
  return std::size_t{0};
}

BodyReader::Step BodyReader::take_content(std::string_view in, std::string& out) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), left_));
  out.append(in.substr(0, size));
  left_ -= size;
  if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_cr : State::done;
  return size;
}

// RFC 9112 §7.1: 1*HEXDIG, with nothing before or between the digits.
BodyReader::Step BodyReader::read_size(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++digits_ > kSizeDigitsMax) return bad_body("chunk size");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return std::size_t{1};
  }
  if (digits_ == 0) return bad_body("chunk size");
  if (c == ';') {
    state_ = State::extension;
    return read_extension(c);
  }
  return expect(c, '\r', State::size_end);
}

// RFC 9112 §7.1.1: whatever an extension says is ignored.
BodyReader::Step BodyReader::read_extension(char c) {
  if (c == '\r') return expect(c, '\r', State::size_end);
  if (!is_field_value({&c, 1})) return bad_body("chunk extension");
  if (++framing_ > limits_.trailer.bytes_max) return base::fail(kFramingTooLarge);
  return std::size_t{1};
}

BodyReader::Step BodyReader::end_size() {
  if (left_ > limits_.bytes_max - content_) return base::fail(kBodyTooLarge);
  content_ += left_;
  state_ = left_ == 0 ? State::trailer : State::chunk;
  digits_ = 0;
  return std::size_t{1};
}

BodyReader::Step BodyReader::read_trailer(std::string_view in) {
  const std::size_t end = in.find_first_of("\r\n");
  const std::size_t size = end == std::string_view::npos ? in.size() : end;
  framing_ += size;
  if (framing_ > limits_.trailer.bytes_max) return base::fail(kFramingTooLarge);
  line_.append(in.substr(0, size));
  if (end == std::string_view::npos) return size;
  if (in[end] == '\n') return bad_body("bare line feed");
  state_ = State::trailer_end;
  return size + 1;
}

// RFC 9112 §7.1.2: a trailer field is never taken for one of the head.
BodyReader::Step BodyReader::end_trailer_line() {
  if (line_.empty()) {
    state_ = State::done;
    return std::size_t{1};
  }
  if (++fields_ > limits_.trailer.fields_max) return base::fail(kFramingTooLarge);
  if (const auto error = check_field_line(line_)) return base::fail(*error);
  line_.clear();
  state_ = State::trailer;
  return std::size_t{1};
}

BodyReader::Step BodyReader::expect(char c, char wanted, State next) {
  if (c != wanted) return bad_body("chunk");
  state_ = next;
  return std::size_t{1};
}

}  // namespace microframe::proto
