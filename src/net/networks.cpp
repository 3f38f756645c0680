#include "net/networks.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "microframe/config_error.hpp"
#include "net/address.hpp"

namespace microframe::net {
namespace {

using base::IpAddress;

// Where the IPv4 address begins in an IPv6 address that maps it.
constexpr unsigned kMappedBits = 96;

ConfigError bad_network(std::string_view text) {
  return ConfigError(
      "\"" + std::string(text) +
      "\" is no network: write an address such as 192.0.2.1 or ::1, a network such as "
      "10.0.0.0/8 or fd00::/8, or unix");
}

std::optional<unsigned> parse_bits(std::string_view text) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return bits;
}

}  // namespace

Networks::Networks(const std::vector<std::string>& list) {
  for (const std::string& text : list) {
    if (text == "unix") {
      unix_ = true;
    } else {
      networks_.push_back(parse(text));
    }
  }
}

Networks::Network Networks::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = IpAddress::parse(host);
  if (!address) throw bad_network(text);
  if (slash == std::string_view::npos) return {*address, address->bits()};
  auto bits = parse_bits(text.substr(slash + 1));
  const bool mapped =
      address->family() == IpAddress::Family::ipv4 && host.find(':') != std::string_view::npos;
  if (bits && mapped)
    bits = *bits < kMappedBits ? std::nullopt : std::optional(*bits - kMappedBits);
  if (!bits || *bits > address->bits()) throw bad_network(text);
  const IpAddress network = address->network(*bits);
  if (network != *address) {
    throw ConfigError("\"" + std::string(text) + "\" names one address and a network: write " +
                      to_string(network) + "/" + std::to_string(*bits) + " for the network, or " +
                      to_string(*address) + " for the address");
  }
  return {network, *bits};
}

unsigned Networks::least_bits() const {
  unsigned least = 128;
  for (const Network& network : networks_) least = std::min(least, network.bits);
  return least;
}

bool Networks::contains(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return network.address.shares_prefix(address, network.bits);
  });
}

bool Networks::contains(const PeerAddress& peer) const {
  return peer.is_unix() ? unix_ : contains(peer.ip());
}

}  // namespace microframe::net
