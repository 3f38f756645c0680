#include "http/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/ascii.hpp"
#include "base/bytes.hpp"
#include "proto/http_status.hpp"

namespace microframe::http {
namespace {

// Writes pieces one behind the other, once to learn their size and once for good.
class Writer {
 public:
  explicit Writer(std::byte* to) : to_(to) {}

  void put(std::string_view piece) {
    if (to_ && !piece.empty()) std::memcpy(to_ + size_, piece.data(), piece.size());
    size_ += piece.size();
  }
  void put(std::size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    put({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  std::size_t size() const { return size_; }

 private:
  std::byte* const to_;
  std::size_t size_ = 0;
};

// RFC 9110 §8.6, §15.4.5: these have no body, whatever the request was.
bool has_no_body(unsigned status) {
  constexpr unsigned kNoContent = 204;
  constexpr unsigned kNotModified = 304;
  return status == kNoContent || status == kNotModified;
}

bool sets(const HttpResponse& response, std::string_view name) {
  return std::any_of(response.fields().begin(), response.fields().end(), [&](const auto& field) {
    return base::equal_without_case(field.first, name);
  });
}

void write(Writer& out, const HttpResponse& response, const AnswerForm& form) {
  out.put("HTTP/1.1 ");
  out.put(std::size_t{response.status()});
  out.put(" ");
  out.put(proto::status_phrase(response.status()));
  out.put("\r\nDate: ");
  out.put(form.date);
  if (!form.keep_alive) out.put("\r\nConnection: close");
  for (const auto& [name, value] : response.fields()) {
    out.put("\r\n");
    out.put(name);
    out.put(": ");
    out.put(value);
  }
  if (!sets(response, "cache-control")) out.put("\r\nCache-Control: no-store");
  if (!sets(response, "x-content-type-options")) out.put("\r\nX-Content-Type-Options: nosniff");
  if (!has_no_body(response.status())) {
    out.put("\r\nContent-Length: ");
    out.put(response.body().size());
  }
  out.put("\r\n\r\n");
  if (!form.head_only && !has_no_body(response.status())) out.put(response.body());
}

}  // namespace

base::SharedBuffer to_bytes(const HttpResponse& response, const AnswerForm& form) {
  Writer measure(nullptr);
  write(measure, response, form);
  return base::SharedBuffer::make(measure.size(), [&](base::MutableBytes bytes) {
    Writer writer(bytes.data());
    write(writer, response, form);
  });
}

}  // namespace microframe::http
