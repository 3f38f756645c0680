// Close payloads: what is read can be written again, and reads the same.

#include <cstdlib>

#include "proto/close_code.hpp"
#include "proto/control_frame.hpp"

using namespace microframe;
using namespace microframe::proto;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size > 125) return 0;
  const base::Bytes payload(reinterpret_cast<const std::byte*>(data), size);
  const auto parsed = parse_close_payload(payload);
  if (!parsed) return 0;
  const ControlFrame again = close_frame(parsed->code, parsed->reason);
  const base::Bytes written = again.bytes().subspan(2);
  if (!std::equal(written.begin(), written.end(), payload.begin(), payload.end())) std::abort();
  return 0;
}
