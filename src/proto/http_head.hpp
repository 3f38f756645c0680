// The head of an HTTP/1 message: the request a server reads, the response a client reads. RFC
// 9110, RFC 9112. Strict: what two readers could understand differently is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace microframe::proto {

struct HeadLimits {
  std::size_t bytes_max = 16 * 1024;
  std::size_t fields_max = 100;
};

struct HeadError {
  unsigned status;          // to answer: 400, 413, 431, 501, 505
  std::string_view reason;  // a literal
};

// Finds the end of a head that comes in pieces. Looks at each byte once, however it is cut.
class HeadScanner {
 public:
  explicit HeadScanner(HeadLimits limits) : limits_(limits) {}

  // received: everything so far, from the first byte on.
  // returns:  the head's size with its closing empty line; nullopt if that has not come yet.
  // errors:   431 for a head over the limits, 400 for one with a bare LF.
  base::Result<std::optional<std::size_t>, HeadError> scan(base::Bytes received);
  // Begins with another head.
  void reset() { scanned_ = line_ = lines_ = 0; }

 private:
  const HeadLimits limits_;
  std::size_t scanned_ = 0;
  std::size_t line_ = 0;   // where the current line begins
  std::size_t lines_ = 0;  // before it
};

struct HeadField {
  std::string_view name;   // as it was sent; compared without case
  std::string_view value;  // without the white space around it
};

class HeadFields {
 public:
  // The value of the first field of that name (lower case).
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // Whether a comma-separated list in the fields of that name has `token`, without regard to case
  // (RFC 9110 §5.6.1).
  bool lists(std::string_view name, std::string_view token) const;

  std::vector<HeadField> fields;
};

// What follows a request's head (RFC 9112 §6.3).
struct BodyLength {
  enum class Form : std::uint8_t {
    none,
    counted,  // Content-Length
    chunked,  // Transfer-Encoding
  };
  Form form = Form::none;
  std::uint64_t bytes = 0;  // if counted

  bool is_empty() const { return form != Form::chunked && bytes == 0; }
};

// Views into the head's text.
struct RequestHead : HeadFields {
  // Whether the peer waits for another answer on this connection (RFC 9112 §9.3). One of HTTP/1.0
  // is taken not to.
  bool keeps_alive() const { return !is_http_1_0 && !lists("connection", "close"); }

  std::string_view method;
  std::string_view target;
  std::string_view path;   // of the target, as sent; "*" of OPTIONS for the whole server
  std::string_view query;  // what follows '?', as sent
  bool is_http_1_0 = false;
  BodyLength body;
};

struct ResponseHead : HeadFields {
  unsigned status = 0;
  std::string_view reason;
};

// Reads a request head, its closing empty line included (RFC 9112 §2 to §5). Exactly one Host (RFC
// 9112 §3.2; HTTP/1.0 has none or one), one Origin and one Authorization at most. One length of a
// body at most (RFC 9112 §6.3): a Content-Length that is a number, or a Transfer-Encoding that is
// `chunked` and nothing else, of HTTP/1.1.
// errors: 400, 431; 501 for another Transfer-Encoding, 505 for another version than HTTP/1.0 and
//         HTTP/1.1.
base::Result<RequestHead, HeadError> parse_request_head(std::string_view head, HeadLimits limits);

// Reads a response head in the same way; the status of an error means nothing here.
base::Result<ResponseHead, HeadError> parse_response_head(std::string_view head, HeadLimits limits);

// Checks one field line by itself, without its line end: of the trailer of a chunked body.
std::optional<HeadError> check_field_line(std::string_view line);

// Whether `text` is a token (RFC 9110 §5.6.2).
bool is_token(std::string_view text);
// Whether `text` can be the value of a field (RFC 9110 §5.5): it has no line end and no other control
// character but tabs.
bool is_field_value(std::string_view text);

// Calls visit(element) for each element of a comma-separated list, trimmed. Empty ones are passed
// over (RFC 9110 §5.6.1.2).
template <class Visit>
void for_each_element(std::string_view list, Visit&& visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view element = base::trim(list.substr(0, comma));
    if (!element.empty()) visit(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace microframe::proto
