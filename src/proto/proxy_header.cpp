#include "proto/proxy_header.hpp"

#include <algorithm>
#include <array>

namespace microframe::proto {
namespace {

using namespace std::string_view_literals;
using base::Bytes;
using base::IpAddress;
using Parsed = base::Result<std::optional<ProxyHeader>, std::string_view>;

// §2.1: the longest line, with its CRLF.
constexpr std::size_t kLineBytesMax = 107;
constexpr std::string_view kLineStart = "PROXY ";
// §2.2: chosen so that no other protocol begins like it.
constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixedBytes = 16;

constexpr auto kMore = std::optional<ProxyHeader>{};

// --- version 1: a line of text ---

// §2.1: one space stands between two words. The word at the front of `rest`, which goes on behind
// its space; the last one ends with the line.
std::optional<std::string_view> take_word(std::optional<std::string_view>& rest) {
  if (!rest) return std::nullopt;
  const std::size_t space = rest->find(' ');
  const std::string_view word = rest->substr(0, space);
  rest = space == std::string_view::npos ? std::nullopt : std::optional(rest->substr(space + 1));
  return word;
}

std::optional<IpAddress> parse_line_address(std::optional<std::string_view> word, bool ipv6) {
  if (!word || (word->find(':') != std::string_view::npos) != ipv6) return std::nullopt;
  return IpAddress::parse(*word);
}

std::optional<std::uint16_t> parse_port(std::optional<std::string_view> word) {
  if (!word || word->empty() || word->size() > 5 || (word->size() > 1 && word->front() == '0'))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : *word) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value > 65535 ? std::nullopt : std::optional(static_cast<std::uint16_t>(value));
}

// line: without "PROXY " and CRLF. size: of it all.
Parsed parse_words(std::string_view line, std::size_t size) {
  std::optional<std::string_view> rest = line;
  const std::string_view family = *take_word(rest);
  // §2.1: whatever follows UNKNOWN is ignored.
  if (family == "UNKNOWN") return std::optional(ProxyHeader{size, std::nullopt});
  const bool ipv6 = family == "TCP6";
  if (!ipv6 && family != "TCP4") return base::fail("PROXY line: neither TCP4, TCP6 nor UNKNOWN"sv);
  const auto source = parse_line_address(take_word(rest), ipv6);
  const auto destination = parse_line_address(take_word(rest), ipv6);
  if (!source || !destination) return base::fail("PROXY line: address"sv);
  const auto source_port = parse_port(take_word(rest));
  const auto destination_port = parse_port(take_word(rest));
  if (!source_port || !destination_port || rest) return base::fail("PROXY line: port"sv);
  return std::optional(ProxyHeader{size, ProxySource{*source, *source_port}});
}

Parsed parse_line(std::string_view text) {
  const std::size_t end = text.substr(0, kLineBytesMax).find('\n');
  if (end == std::string_view::npos) {
    if (text.size() >= kLineBytesMax) return base::fail("PROXY line: longer than 107 bytes"sv);
    return kMore;
  }
  if (text[end - 1] != '\r') return base::fail("PROXY line: a line feed without its CR"sv);
  return parse_words(text.substr(kLineStart.size(), end - 1 - kLineStart.size()), end + 1);
}

// --- version 2: binary ---

enum class Command : std::uint8_t { local = 0, proxy = 1 };
// §2.2: the upper half of the byte is the family, the lower the transport.
enum class Protocol : std::uint8_t {
  unspecified = 0x00,
  tcp4 = 0x11,
  tcp6 = 0x21,
  unix_stream = 0x31
};

std::uint8_t byte_at(Bytes in, std::size_t index) {
  return static_cast<std::uint8_t>(in[index]);
}

std::size_t number_at(Bytes in, std::size_t index) {
  return static_cast<std::size_t>(byte_at(in, index)) << 8 | byte_at(in, index + 1);
}

// payload: both addresses, then both ports, then what the proxy adds.
std::optional<ProxySource> read_source(Bytes payload, std::size_t address_bytes) {
  if (payload.size() < 2 * address_bytes + 4) return std::nullopt;
  return ProxySource{IpAddress(payload.first(address_bytes)),
                     static_cast<std::uint16_t>(number_at(payload, 2 * address_bytes))};
}

Parsed parse_payload(Protocol protocol, Bytes payload) {
  constexpr std::size_t kUnixBytes = 2 * 108;
  const std::size_t size = kFixedBytes + payload.size();
  std::optional<ProxySource> source;
  switch (protocol) {
    case Protocol::unspecified:
      return std::optional(ProxyHeader{size, std::nullopt});
    case Protocol::unix_stream:
      if (payload.size() < kUnixBytes)
        return base::fail("PROXY header: too short for its addresses"sv);
      return std::optional(ProxyHeader{size, std::nullopt});
    case Protocol::tcp4:
      source = read_source(payload, 4);
      break;
    case Protocol::tcp6:
      source = read_source(payload, 16);
      break;
    default:
      return base::fail("PROXY header: neither TCP nor a Unix stream"sv);
  }
  if (!source) return base::fail("PROXY header: too short for its addresses"sv);
  return std::optional(ProxyHeader{size, source});
}

Parsed parse_binary(Bytes in) {
  // Each byte is looked at as soon as it is there: what is wrong shows no later however it is cut.
  constexpr std::size_t kVersionAt = 12;
  if (in.size() <= kVersionAt) return kMore;
  const std::uint8_t version_and_command = byte_at(in, kVersionAt);
  if (version_and_command >> 4 != 2) return base::fail("PROXY header: version"sv);
  const auto command = static_cast<Command>(version_and_command & 0xF);
  // §2.2: other commands must be refused.
  if (command != Command::local && command != Command::proxy)
    return base::fail("PROXY header: neither LOCAL nor PROXY"sv);
  if (in.size() < kFixedBytes) return kMore;
  const std::size_t length = number_at(in, 14);
  if (length > kProxyPayloadBytesMax) return base::fail("PROXY header: longer than 2 KiB"sv);
  if (in.size() < kFixedBytes + length) return kMore;
  // §2.2: of LOCAL, protocol and addresses are skipped unread.
  if (command == Command::local)
    return std::optional(ProxyHeader{kFixedBytes + length, std::nullopt});
  return parse_payload(static_cast<Protocol>(byte_at(in, 13)), in.subspan(kFixedBytes, length));
}

bool may_begin_with(std::string_view text, std::string_view start) {
  const std::size_t size = std::min(text.size(), start.size());
  return text.substr(0, size) == start.substr(0, size);
}

}  // namespace

Parsed parse_proxy_header(Bytes in) {
  const std::string_view text = base::as_text(in);
  if (may_begin_with(text, kLineStart))
    return text.size() < kLineStart.size() ? kMore : parse_line(text);
  if (may_begin_with(text, kSignature))
    return text.size() < kSignature.size() ? kMore : parse_binary(in);
  return base::fail("no PROXY header"sv);
}

}  // namespace microframe::proto
