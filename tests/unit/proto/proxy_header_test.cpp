// The PROXY protocol, by tables: every header whole and cut at every offset, with equal results.
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

#include "proto/proxy_header.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/bytes.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using base::as_bytes;

struct Good {
  const char* name;
  std::string bytes;
  std::string source;  // "address port", "" for none
};

struct Bad {
  const char* name;
  std::string bytes;
  std::string_view error;
};

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

// version_and_command, protocol, then the length of `payload`, then that.
std::string header(unsigned char version_and_command, unsigned char protocol,
                   const std::string& payload) {
  std::string text = kSignature;
  text += static_cast<char>(version_and_command);
  text += static_cast<char>(protocol);
  text += static_cast<char>(payload.size() >> 8);
  text += static_cast<char>(payload.size());
  return text + payload;
}

const std::string kTcp4 = "\xC0\x00\x02\x01\xC6\x33\x64\x02\x30\x39\x01\xBB"s;
const std::string kTcp6 =
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x02\xFF\xFF\0\x50"s;

// The longest of §2.1: 107 bytes with CRLF.
const std::string kLongest = "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n";

const Good kGood[] = {
    {"§2.1 TCP4", "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n", "192.0.2.1 12345"},
    {"§2.1 TCP4, the greatest numbers",
     "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255 65535"},
    {"§2.1 port 0", "PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n", "192.0.2.1 0"},
    {"§2.1 TCP6", "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1 1"},
    {"§2.1 TCP6, the longest",
     "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
     "65535 "
     "65535\r\n",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"},
    {"§2.1 TCP6 of a mapped address", "PROXY TCP6 ::ffff:192.0.2.1 ::1 5 6\r\n", "192.0.2.1 5"},
    {"§2.1 UNKNOWN", "PROXY UNKNOWN\r\n", ""},
    {"§2.1 UNKNOWN, whatever follows", "PROXY UNKNOWN 1.2.3.4 \xFF\0x\r\n"s, ""},
    {"§2.1 as long as may be", kLongest, ""},
    {"§2.2 TCP over IPv4", header(0x21, 0x11, kTcp4), "192.0.2.1 12345"},
    {"§2.2 TCP over IPv6", header(0x21, 0x21, kTcp6), "2001:db8::1 65535"},
    {"§2.2 what the proxy adds", header(0x21, 0x11, kTcp4 + "\x01\0\x02h2"s), "192.0.2.1 12345"},
    {"§2.2 as long as may be", header(0x21, 0x11, kTcp4 + std::string(2048 - 12, 'x')),
     "192.0.2.1 12345"},
    {"§2.2 LOCAL", header(0x20, 0x00, ""), ""},
    {"§2.2 LOCAL, its block skipped unread", header(0x20, 0x7F, "whatever"), ""},
    {"§2.2 PROXY of an unknown source", header(0x21, 0x00, ""), ""},
    {"§2.2 a Unix stream", header(0x21, 0x31, std::string(216, 'p')), ""},
};

const Bad kBad[] = {
    {"HTTP", "GET / HTTP/1.1\r\n", "no PROXY header"},
    {"a byte that begins none", "\x16", "no PROXY header"},
    {"lower case", "proxy ", "no PROXY header"},
    {"a signature that is cut short", "\r\n\r\n\r", "no PROXY header"},
    {"§2.1 a byte too long", "PROXY UNKNOWN " + std::string(92, 'f') + "\r\n",
     "PROXY line: longer than 107 bytes"},
    {"§2.1 no end", "PROXY UNKNOWN " + std::string(93, 'f'), "PROXY line: longer than 107 bytes"},
    {"§2.1 a bare line feed", "PROXY UNKNOWN\n", "PROXY line: a line feed without its CR"},
    {"§2.1 nothing", "PROXY \r\n", "PROXY line: neither TCP4, TCP6 nor UNKNOWN"},
    {"§2.1 another family", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
     "PROXY line: neither TCP4, TCP6 nor UNKNOWN"},
    {"§2.1 UNKNOWN as a prefix", "PROXY UNKNOWNS\r\n",
     "PROXY line: neither TCP4, TCP6 nor UNKNOWN"},
    {"§2.1 two spaces", "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
     "PROXY line: neither TCP4, TCP6 nor UNKNOWN"},
    {"§2.1 two spaces within", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "PROXY line: address"},
    {"§2.1 IPv6 in TCP4", "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY line: address"},
    {"§2.1 IPv4 in TCP6", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY line: address"},
    {"§2.1 a zero ahead", "PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n", "PROXY line: address"},
    {"§2.1 a name", "PROXY TCP4 localhost 192.0.2.2 1 2\r\n", "PROXY line: address"},
    {"§2.1 a zone", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "PROXY line: address"},
    {"§2.1 a zero byte", "PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n"s, "PROXY line: address"},
    {"§2.1 one address", "PROXY TCP4 192.0.2.1\r\n", "PROXY line: address"},
    {"§2.1 no port", "PROXY TCP4 192.0.2.1 192.0.2.2\r\n", "PROXY line: port"},
    {"§2.1 one port", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "PROXY line: port"},
    {"§2.1 three ports", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", "PROXY line: port"},
    {"§2.1 a space behind", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "PROXY line: port"},
    {"§2.1 a port too great", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n", "PROXY line: port"},
    {"§2.1 a port with a zero ahead", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
     "PROXY line: port"},
    {"§2.1 a port with a sign", "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n", "PROXY line: port"},
    {"§2.1 a CR within", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n", "PROXY line: port"},
    {"§2.2 version 1", header(0x11, 0x11, kTcp4), "PROXY header: version"},
    {"§2.2 version 3", header(0x31, 0x11, kTcp4), "PROXY header: version"},
    {"§2.2 another command", header(0x22, 0x11, kTcp4), "PROXY header: neither LOCAL nor PROXY"},
    {"§2.2 UDP", header(0x21, 0x12, kTcp4), "PROXY header: neither TCP nor a Unix stream"},
    {"§2.2 another family", header(0x21, 0x41, kTcp4),
     "PROXY header: neither TCP nor a Unix stream"},
    {"§2.2 an unknown source over TCP", header(0x21, 0x01, ""),
     "PROXY header: neither TCP nor a Unix stream"},
    {"§2.2 IPv4 a byte short", header(0x21, 0x11, kTcp4.substr(1)),
     "PROXY header: too short for its addresses"},
    {"§2.2 IPv6 a byte short", header(0x21, 0x21, kTcp6.substr(1)),
     "PROXY header: too short for its addresses"},
    {"§2.2 a Unix stream a byte short", header(0x21, 0x31, std::string(215, 'p')),
     "PROXY header: too short for its addresses"},
    {"§2.2 a byte too long", header(0x20, 0x00, std::string(2049, 'x')),
     "PROXY header: longer than 2 KiB"},
};

std::string text_of(const std::optional<ProxySource>& source) {
  return source ? to_string(source->address) + " " + std::to_string(source->port) : "";
}

TEST(ProxyHeader, TellsSourceAndSizeOfAGoodHeaderAtEveryCut) {
  for (const Good& good : kGood) {
    const std::string stream = good.bytes + "GET / HTTP/1.1\r\n";
    for (std::size_t size = 0; size <= stream.size(); ++size) {
      const auto parsed = parse_proxy_header(as_bytes(std::string_view(stream).substr(0, size)));
      ASSERT_TRUE(parsed.ok()) << good.name << ", " << size << " bytes: " << parsed.error();
      ASSERT_EQ(parsed->has_value(), size >= good.bytes.size())
          << good.name << ", " << size << " bytes";
      if (!parsed->has_value()) continue;
      EXPECT_EQ((*parsed)->size, good.bytes.size()) << good.name;
      EXPECT_EQ(text_of((*parsed)->source), good.source) << good.name;
    }
  }
}

TEST(ProxyHeader, RefusesABadHeaderAtEveryCut) {
  for (const Bad& bad : kBad) {
    bool failed = false;
    for (std::size_t size = 0; size <= bad.bytes.size(); ++size) {
      const auto parsed = parse_proxy_header(as_bytes(std::string_view(bad.bytes).substr(0, size)));
      if (parsed.ok()) {
        EXPECT_FALSE(failed) << bad.name << ": good again after " << size << " bytes";
        EXPECT_FALSE(parsed->has_value()) << bad.name << ", " << size << " bytes";
      } else {
        EXPECT_EQ(parsed.error(), bad.error) << bad.name << ", " << size << " bytes";
        failed = true;
      }
    }
    EXPECT_TRUE(failed) << bad.name;
  }
}

TEST(ProxyHeader, ALengthThatIsTooGreatIsRefusedBeforeItsBytesCome) {
  const std::string start = header(0x21, 0x11, std::string(0xFFFF, 'x')).substr(0, 16);
  EXPECT_FALSE(parse_proxy_header(as_bytes(start)).ok());
  EXPECT_TRUE(parse_proxy_header(as_bytes(std::string_view(start).substr(0, 15))).ok());
}

}  // namespace
}  // namespace microframe::proto
