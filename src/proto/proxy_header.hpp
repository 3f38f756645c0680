// The PROXY protocol, versions 1 and 2: the word of a proxy, ahead of the stream's own bytes, about
// who its client is. As https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt has it; its
// sections are cited. No I/O: whether a peer's word counts is for the caller to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/result.hpp"

namespace microframe::proto {

// Of a header in version 2, without its first 16: the addresses and whatever the proxy adds, which
// is skipped.
inline constexpr std::size_t kProxyPayloadBytesMax = 2048;

struct ProxySource {
  base::IpAddress address;
  std::uint16_t port;

  bool operator==(const ProxySource&) const = default;
};

struct ProxyHeader {
  std::size_t size;  // bytes that it takes of the stream
  // nullopt: the proxy speaks for itself (LOCAL), or does not know (UNKNOWN, a Unix socket): the
  // connection's own address is the client's.
  std::optional<ProxySource> source;

  bool operator==(const ProxyHeader&) const = default;
};

// Reads the header at the front of `in`, everything that has come so far.
// returns: nullopt if more must come; all of `in` then belongs to the header.
// errors:  what is wrong, a literal. A header too long is one as soon as that shows.
base::Result<std::optional<ProxyHeader>, std::string_view> parse_proxy_header(base::Bytes in);

}  // namespace microframe::proto
