#include "proto/http_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"

namespace microframe::proto {
namespace {

using base::equal_without_case;
using base::trim;

HeadError bad(std::string_view reason) {
  return {400, reason};
}

constexpr HeadError kTooLarge{431, "head too large"};

// A set of characters, as a table.
template <class Holds>
constexpr std::array<bool, 256> characters(Holds holds) {
  std::array<bool, 256> set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = holds(static_cast<unsigned char>(c));
  return set;
}

// RFC 9110 §5.6.2.
constexpr auto kTokenCharacters = characters([](unsigned char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
});

// RFC 3986, loosely: visible, and no fragment.
constexpr auto kTargetCharacters =
    characters([](unsigned char c) { return c > 0x20 && c < 0x7F && c != '#'; });

// RFC 9110 §5.5: visible characters, space, tab and obs-text.
constexpr auto kValueCharacters =
    characters([](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });

// RFC 3986 §3.2.2 and §3.2.3: a host and a port, loosely: nothing here connects to it.
constexpr auto kHostCharacters = characters([](unsigned char c) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=%:[]";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
});

bool consists_of(std::string_view text, const std::array<bool, 256>& set) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

// The line at the front of `text`, which holds only CRLF line ends; `text` goes on behind it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

std::optional<HeadError> parse_field(std::string_view line, HeadFields& out) {
  if (line.starts_with(' ') || line.starts_with('\t')) return bad("folded field");  // RFC 9112 §5.2
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("field without a colon");
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return bad("field name");  // RFC 9112 §5.1: no space before the colon
  const std::string_view value = trim(line.substr(colon + 1));
  if (!consists_of(value, kValueCharacters)) return bad("field value");
  out.fields.push_back({name, value});
  return std::nullopt;
}

std::optional<HeadError> parse_fields(std::string_view text, HeadLimits limits, HeadFields& out) {
  while (!text.starts_with("\r\n")) {
    if (text.empty()) return bad("head not closed");
    if (out.fields.size() == limits.fields_max) return kTooLarge;
    if (const auto error = parse_field(take_line(text), out)) return error;
  }
  return std::nullopt;
}

// A line end is CRLF and nothing else: bare ones are how requests are smuggled.
bool has_only_crlf(std::string_view text) {
  for (std::size_t at = 0;;) {
    const std::size_t cr = text.find('\r', at);
    const std::size_t lf = text.find('\n', at);
    if (cr == std::string_view::npos || lf == std::string_view::npos) return cr == lf;
    if (cr + 1 != lf) return false;
    at = lf + 1;
  }
}

// RFC 9112 §3.2: origin-form, or absolute-form, whose authority does not matter here.
std::optional<HeadError> parse_target(RequestHead& out) {
  std::string_view rest = out.target;
  if (rest == "*" && out.method == "OPTIONS") {  // RFC 9112 §3.2.4
    out.path = rest;
    return std::nullopt;
  }
  if (rest.empty() || !consists_of(rest, kTargetCharacters)) return bad("request target");
  for (const std::string_view scheme : {"http://", "https://", "ws://", "wss://"}) {
    if (!equal_without_case(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return bad("request target");
    rest.remove_prefix(slash);
    break;
  }
  if (rest.front() != '/') return bad("request target");
  const std::size_t mark = rest.find('?');
  out.path = rest.substr(0, mark);
  out.query = mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
  return std::nullopt;
}

std::optional<HeadError> parse_request_line(std::string_view line, RequestHead& out) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return bad("request line");
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(out.method)) return bad("method");
  const bool is_http = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                       version[5] >= '0' && version[5] <= '9' && version[7] >= '0' &&
                       version[7] <= '9';
  if (!is_http) return bad("request line");
  out.is_http_1_0 = version == "HTTP/1.0";
  if (!out.is_http_1_0 && version != "HTTP/1.1") return HeadError{505, "HTTP version"};
  return parse_target(out);
}

// Fields on which a decision hangs, and which are no lists (RFC 9110 §5.3): given twice, two
// readers could each go by another one.
std::optional<HeadError> check_single_fields(const RequestHead& head) {
  const auto host = head.find("host");
  const bool needs_host = !head.is_http_1_0;  // RFC 9112 §3.2
  if (head.count("host") > 1 || (needs_host && !host)) return bad("exactly one Host");
  if (host && !consists_of(*host, kHostCharacters)) return bad("Host");
  if (head.count("origin") > 1) return bad("two Origins");
  if (head.count("authorization") > 1) return bad("two Authorizations");
  return std::nullopt;
}

// So many digits fit a std::uint64_t.
constexpr std::size_t kLengthDigitsMax = 18;

// RFC 9112 §6.1, §6.3: what two readers could take for different bodies is refused.
std::optional<HeadError> parse_body_length(RequestHead& head) {
  const std::size_t encodings = head.count("transfer-encoding");
  const std::size_t lengths = head.count("content-length");
  if (encodings == 0 && lengths == 0) return std::nullopt;
  if (encodings + lengths != 1 || (encodings != 0 && head.is_http_1_0))
    return bad("two lengths of the body");
  if (encodings != 0) {
    if (!equal_without_case(*head.find("transfer-encoding"), "chunked"))
      return HeadError{501, "Transfer-Encoding"};
    head.body.form = BodyLength::Form::chunked;
    return std::nullopt;
  }
  const std::string_view length = *head.find("content-length");
  const bool is_number =
      !length.empty() && length.size() <= kLengthDigitsMax &&
      std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return bad("Content-Length");
  head.body.form = BodyLength::Form::counted;
  std::from_chars(length.data(), length.data() + length.size(), head.body.bytes);
  return std::nullopt;
}

}  // namespace

base::Result<std::optional<std::size_t>, HeadError> HeadScanner::scan(base::Bytes received) {
  const std::string_view text = base::as_text(received);
  while (true) {
    const std::size_t end = text.find('\n', scanned_);
    const std::size_t seen = end == std::string_view::npos ? text.size() : end + 1;
    if (seen > limits_.bytes_max) return base::fail(kTooLarge);
    scanned_ = seen;
    if (end == std::string_view::npos) return std::optional<std::size_t>{};
    if (end == 0 || text[end - 1] != '\r') return base::fail(bad("bare line feed"));
    const bool empty_line = end - 1 == line_;
    if (empty_line && lines_ == 0) return base::fail(bad("empty request line"));
    if (empty_line) return std::optional<std::size_t>{seen};
    if (++lines_ > limits_.fields_max + 1) return base::fail(kTooLarge);
    line_ = seen;
  }
}

std::optional<std::string_view> HeadFields::find(std::string_view name) const {
  for (const HeadField& field : fields) {
    if (equal_without_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> HeadFields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const HeadField& field : fields) {
    if (equal_without_case(field.name, name)) values.push_back(field.value);
  }
  return values;
}

std::size_t HeadFields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(),
                    [&](const HeadField& field) { return equal_without_case(field.name, name); }));
}

bool HeadFields::lists(std::string_view name, std::string_view token) const {
  bool found = false;
  for (const HeadField& field : fields) {
    if (!equal_without_case(field.name, name)) continue;
    for_each_element(field.value, [&](std::string_view element) {
      found = found || equal_without_case(element, token);
    });
  }
  return found;
}

base::Result<RequestHead, HeadError> parse_request_head(std::string_view head, HeadLimits limits) {
  if (!has_only_crlf(head)) return base::fail(bad("bare line end"));
  RequestHead out;
  out.fields.reserve(16);
  if (const auto error = parse_request_line(take_line(head), out)) return base::fail(*error);
  if (const auto error = parse_fields(head, limits, out)) return base::fail(*error);
  if (const auto error = check_single_fields(out)) return base::fail(*error);
  if (const auto error = parse_body_length(out)) return base::fail(*error);
  return out;
}

base::Result<ResponseHead, HeadError> parse_response_head(std::string_view head,
                                                          HeadLimits limits) {
  if (!has_only_crlf(head)) return base::fail(bad("bare line end"));
  ResponseHead out;
  const std::string_view line = take_line(head);
  const auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  // RFC 9112 §4: HTTP/1.1 SP 3DIGIT SP [reason]
  if (line.size() < 12 || !line.starts_with("HTTP/1.1 ") || !digit(9) || !digit(10) || !digit(11) ||
      (line.size() > 12 && line[12] != ' ')) {
    return base::fail(bad("status line"));
  }
  for (std::size_t i = 9; i < 12; ++i)
    out.status = out.status * 10 + static_cast<unsigned>(line[i] - '0');
  if (line.size() > 13) out.reason = line.substr(13);
  if (const auto error = parse_fields(head, limits, out)) return base::fail(*error);
  return out;
}

std::optional<HeadError> check_field_line(std::string_view line) {
  HeadFields dropped;
  return parse_field(line, dropped);
}

bool is_field_value(std::string_view text) {
  return consists_of(text, kValueCharacters);
}

bool is_token(std::string_view text) {
  return !text.empty() && consists_of(text, kTokenCharacters);
}

}  // namespace microframe::proto
