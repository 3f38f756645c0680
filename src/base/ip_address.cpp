#include "base/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <iterator>

namespace microframe::base {
namespace {

// RFC 4291 §2.5.5.2.
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

IpAddress::IpAddress(Bytes network_order) {
  assert(network_order.size() == 4 || network_order.size() == 16);
  const bool mapped = network_order.size() == 16 &&
                      std::memcmp(network_order.data(), kMapped.data(), kMapped.size()) == 0;
  if (mapped) network_order = network_order.subspan(kMapped.size());
  std::memcpy(bytes_.data(), network_order.data(), network_order.size());
  family_ = network_order.size() == 4 ? Family::ipv4 : Family::ipv6;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  terminated[text.copy(terminated, text.size())] = '\0';
  const bool ipv6 = text.find(':') != std::string_view::npos;
  std::array<std::byte, 16> read;
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, terminated, read.data()) != 1) return std::nullopt;
  return IpAddress(Bytes(read).first(ipv6 ? 16 : 4));
}

bool IpAddress::shares_prefix(const IpAddress& other, unsigned bits) const {
  return family_ == other.family_ && network(bits) == other.network(bits);
}

IpAddress IpAddress::network(unsigned bits) const {
  assert(bits <= this->bits());
  IpAddress cut = *this;
  if (bits % 8 != 0) cut.bytes_.at(bits / 8) &= static_cast<std::uint8_t>(0xFF << (8 - bits % 8));
  std::fill(cut.bytes_.begin() + (bits + 7) / 8, cut.bytes_.end(), std::uint8_t{0});
  return cut;
}

std::string to_string(const IpAddress& address) {
  if (address.family() == IpAddress::Family::none) return {};
  char text[INET6_ADDRSTRLEN];
  if (address.family() == IpAddress::Family::ipv6)
    return inet_ntop(AF_INET6, address.bytes_.data(), text, sizeof text);
  // Each connection is counted by its address's text, and inet_ntop() prints this one by printf().
  char* end = text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) *end++ = '.';
    end = std::to_chars(end, std::end(text), address.bytes_[i]).ptr;
  }
  return {text, end};
}

}  // namespace microframe::base
