#include "guard/admission.hpp"

#include <algorithm>
#include <cassert>

namespace microframe::guard {

Admission::Admission(const Limits& limits)
    : connections_max_(limits.connections_max),
      per_address_max_(limits.connections_per_address_max),
      handshakes_per_second_(limits.handshakes_per_second),
      handshakes_burst_(limits.handshakes_burst),
      addresses_(per_address_max_ != 0 ? limits.handshakes_per_address_per_second : 0,
                 2 * static_cast<double>(per_address_max_)),
      users_(limits.handshakes_per_user_per_second,
             2 * static_cast<double>(limits.devices_per_user_max)),
      authentications_(limits.authentications_max) {}

std::pair<Admission::Verdict, Admission::Ticket> Admission::admit(std::uint64_t now_ms) {
  if (memory_full_.load(std::memory_order_relaxed)) return {Verdict::memory_full, Ticket{}};
  const base::Lock lock(mutex_);
  if (connections_max_ != 0 && connections_ >= connections_max_)
    return {Verdict::process_full, Ticket{}};
  // The clocks of loops differ by the length of an iteration, and the bucket's time must not go
  // back.
  latest_ms_ = std::max(latest_ms_, now_ms);
  if (!handshakes_.take(handshakes_per_second_, handshakes_burst_, latest_ms_))
    return {Verdict::too_fast, Ticket{}};
  ++connections_;
  return {Verdict::admitted, Ticket{this}};
}

Admission::Verdict Admission::count_for(const std::string& address, std::uint64_t now_ms,
                                        Ticket& ticket) {
  assert(ticket.admission_ == this && !ticket.address_);
  if (per_address_max_ == 0) return Verdict::admitted;
  const bool in_time = addresses_.take(address, now_ms);
  if (in_time && takes_place(address, ticket)) return Verdict::admitted;
  const base::Lock lock(mutex_);
  handshakes_.give_back();
  return in_time ? Verdict::address_full : Verdict::address_too_fast;
}

bool Admission::takes_place(const std::string& address, Ticket& ticket) {
  const base::Lock lock(mutex_);
  const auto entry = by_address_.try_emplace(address, 0).first;
  if (entry->second >= per_address_max_) return false;
  ++entry->second;
  ticket.address_ = &entry->first;  // it stays in place as long as it is counted
  return true;
}

std::size_t Admission::connections() const {
  const base::Lock lock(mutex_);
  return connections_;
}

void Admission::give_back(const std::string* address) {
  const base::Lock lock(mutex_);
  --connections_;
  if (address) forget(address);
}

void Admission::uncount(const std::string* address) {
  const base::Lock lock(mutex_);
  forget(address);
}

void Admission::forget(const std::string* address) {
  const auto entry = by_address_.find(*address);
  if (--entry->second == 0) by_address_.erase(entry);
}

std::string counted_as(const net::PeerAddress& peer) {
  constexpr unsigned kSubscriberBits = 64;
  if (peer.ip().family() != base::IpAddress::Family::ipv6) return peer.host();
  return base::to_string(peer.ip().network(kSubscriberBits));
}

Refusal refusal_of(Admission::Verdict verdict) {
  constexpr std::string_view kLater = "Retry-After: 5\r\n";
  switch (verdict) {
    case Admission::Verdict::memory_full:
      return {Rejection::memory_full, 503, "memory", kLater, true};
    case Admission::Verdict::process_full:
      return {Rejection::server_full, 503, "connections", kLater, true};
    case Admission::Verdict::too_fast:
      return {Rejection::handshake_flood, 503, "handshakes a second", kLater, true};
    case Admission::Verdict::address_full:
      return {Rejection::address_full, 429, "connections of the address", {}, false};
    case Admission::Verdict::address_too_fast:
      return {Rejection::address_flood, 429, "handshakes or requests a second of the address",
              kLater, false};
    case Admission::Verdict::no_proxy:
      return {Rejection::no_proxy, 403, "only the proxy connects here", {}, false};
    case Admission::Verdict::admitted:
      break;
  }
  assert(false);
  return {Rejection::server_full, 503, "", {}, false};
}

}  // namespace microframe::guard
