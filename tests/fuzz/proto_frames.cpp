// Frames of a hostile peer: whatever comes, fed whole or cut anywhere, gives the same events and stays within
// its limits.

#include <cstdlib>
#include <string>
#include <vector>

#include "proto/connection.hpp"

using namespace microframe;
using namespace microframe::proto;

namespace {

struct Seen {
  Event::Kind kind;
  bool binary;
  CloseCode code;
  std::string payload;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> run(Role role, ConnectionLimits limits, std::vector<std::byte> input, std::size_t piece) {
  Connection connection(role, limits);
  std::vector<Seen> seen;
  for (std::size_t from = 0; from < input.size(); from += piece) {
    base::MutableBytes in = base::MutableBytes(input).subspan(from, std::min(piece, input.size() - from));
    while (true) {
      const Event event = connection.next(in);
      if (event.kind == Event::Kind::need_more) break;
      if (event.payload.size() > limits.message_bytes_max && event.payload.size() > 125) std::abort();
      seen.push_back({event.kind, event.binary, event.code, std::string(base::as_text(event.payload))});
    }
    if (!in.empty()) std::abort();
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 3) return 0;
  ConnectionLimits limits;
  limits.message_bytes_max = data[0] * 8U;
  limits.fragments_max = 1 + data[1] % 8;
  const Role role = data[2] & 1 ? Role::client : Role::server;
  const std::size_t piece = 1 + data[2] / 2;
  const auto* bytes = reinterpret_cast<const std::byte*>(data + 3);
  const std::vector<std::byte> input(bytes, bytes + size - 3);
  if (run(role, limits, input, input.size() + 1) != run(role, limits, input, piece)) std::abort();
  return 0;
}
