// PROXY headers of a hostile peer: read whole or a byte at a time the result is the same, and what
// has ended in an error or a header never changes with what follows.

#include <cstdlib>
#include <span>
#include <vector>

#include "proto/proxy_header.hpp"

using namespace microframe;
using namespace microframe::proto;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto whole = parse_proxy_header(bytes);
  for (std::size_t cut = 0; cut < size; ++cut) {
    // A copy of its own, so that a read past the end shows.
    const std::vector<std::byte> piece(bytes.begin(),
                                       bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    const auto part = parse_proxy_header(piece);
    if (!part.ok()) {
      if (whole.ok() || whole.error() != part.error()) std::abort();
    } else if (*part) {
      if (!whole.ok() || *whole != *part || (*part)->size > cut) std::abort();
    } else if (whole.ok() && *whole && (*whole)->size <= cut) {
      std::abort();
    }
  }
  if (!whole.ok()) return 0;
  const std::optional<ProxyHeader>& header = *whole;
  if (!header) {
    if (size >= 16 + kProxyPayloadBytesMax) std::abort();
    return 0;
  }
  if (header->size > size || header->size > 16 + kProxyPayloadBytesMax) std::abort();
  if (!header->source) return 0;
  // What is told is an address, and reads as the same one.
  const auto again = base::IpAddress::parse(to_string(header->source->address));
  if (!again || *again != header->source->address) std::abort();
  return 0;
}
