// IpAddress: an IPv4 or IPv6 address as a value of 17 bytes. An IPv4 address mapped into IPv6 (RFC
// 4291 §2.5.5.2) is the IPv4 address: one peer has one name, whichever socket it came by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace microframe::base {

class IpAddress {
 public:
  enum class Family : std::uint8_t { none, ipv4, ipv6 };

  IpAddress() = default;
  // network_order: 4 or 16 bytes.
  explicit IpAddress(Bytes network_order);
  // Reads "192.0.2.1" or "2001:db8::1": no port, no brackets, no zone, no leading zeros in IPv4.
  static std::optional<IpAddress> parse(std::string_view text);

  Family family() const { return family_; }
  // 32 or 128; 0 of none.
  unsigned bits() const { return family_ == Family::none ? 0 : family_ == Family::ipv4 ? 32 : 128; }
  // Whether both are of one family and begin with the same `bits` bits.
  bool shares_prefix(const IpAddress& other, unsigned bits) const;
  // The address with all bits behind the first `bits` cleared.
  IpAddress network(unsigned bits) const;

  bool operator==(const IpAddress&) const = default;

 private:
  friend std::string to_string(const IpAddress& address);

  std::array<std::uint8_t, 16> bytes_{};
  Family family_ = Family::none;
};

// "192.0.2.1", "2001:db8::1", "" of none.
std::string to_string(const IpAddress& address);

}  // namespace microframe::base
