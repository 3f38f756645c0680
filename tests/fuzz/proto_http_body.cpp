// Bodies of hostile requests: read whole or a byte at a time the result is the same, and never more
// than the limit. The first byte says the form, the second the length of a counted body.

#include <cstdlib>
#include <string>

#include "proto/http_body.hpp"

using namespace microframe::proto;

namespace {

BodyLimits limits() {
  BodyLimits limits;
  limits.bytes_max = 128;
  limits.trailer.bytes_max = 64;
  limits.trailer.fields_max = 4;
  return limits;
}

struct Outcome {
  unsigned status = 0;
  bool done = false;
  std::size_t read = 0;
  std::string content;
  bool operator==(const Outcome&) const = default;
};

Outcome read(BodyLength length, std::string_view bytes, std::size_t step) {
  BodyReader reader(length, limits());
  Outcome outcome;
  while (outcome.read < bytes.size() && !reader.is_done()) {
    const auto read = reader.read(bytes.substr(outcome.read, step), outcome.content);
    if (outcome.content.size() > limits().bytes_max) std::abort();
    if (!read) return {read.error().status, false, 0, {}};
    outcome.read += *read;
  }
  outcome.done = reader.is_done();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  BodyLength length;
  length.form = data[0] % 2 == 0 ? BodyLength::Form::chunked : BodyLength::Form::counted;
  if (length.form == BodyLength::Form::counted) length.bytes = data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (read(length, bytes, bytes.size() + 1) != read(length, bytes, 1)) std::abort();
  return 0;
}
