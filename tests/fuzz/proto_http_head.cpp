// HTTP heads of a hostile peer: scanned whole or a byte at a time the result is the same, and every
// view lies in the head.

#include <cstdlib>

#include "proto/handshake.hpp"
#include "proto/http_head.hpp"

using namespace microframe;
using namespace microframe::proto;

namespace {

void check_inside(std::string_view part, std::string_view whole) {
  if (!part.empty() &&
      (part.data() < whole.data() || part.data() + part.size() > whole.data() + whole.size()))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  HeadLimits limits;
  limits.bytes_max = 2048;
  limits.fields_max = 20;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  HeadScanner whole(limits);
  const auto at_once = whole.scan(base::as_bytes(text));
  HeadScanner bytewise(limits);
  auto in_pieces = bytewise.scan({});
  for (std::size_t i = 1; i <= size && in_pieces.ok() && !*in_pieces; ++i)
    in_pieces = bytewise.scan(base::as_bytes(text.substr(0, i)));
  if (at_once.ok() != in_pieces.ok()) std::abort();
  if (!at_once.ok()) {
    if (at_once.error().status != in_pieces.error().status) std::abort();
    return 0;
  }
  if (*at_once != *in_pieces) std::abort();
  if (!*at_once) return 0;
  const std::string_view head_text = text.substr(0, **at_once);
  if (const auto head = parse_request_head(head_text, limits)) {
    for (const HeadField& field : head->fields) {
      check_inside(field.name, head_text);
      check_inside(field.value, head_text);
    }
    check_inside(head->method, head_text);
    check_inside(head->target, head_text);
    check_inside(head->path, head_text);
    check_inside(head->query, head_text);
    if (const auto request = check_upgrade(*head)) accept_response(request->key, {});
  }
  if (const auto head = parse_response_head(head_text, limits)) {
    for (const HeadField& field : head->fields) {
      check_inside(field.name, head_text);
      check_inside(field.value, head_text);
    }
    check_inside(head->reason, head_text);
  }
  return 0;
}
