#include "ws/identity.hpp"

#include <chrono>

namespace microframe::ws {
namespace {

authx::Time to_the_second(authx::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

std::unique_ptr<const std::string> kept(const std::optional<std::string>& text) {
  return text ? std::make_unique<const std::string>(*text) : nullptr;
}

}  // namespace

Identity::Identity(const authx::Claims& claims, const net::PeerAddress& peer,
                   const std::optional<std::string>& certificate)
    : claims_(claims.extra()),
      peer_(peer),
      certificate_(kept(certificate)),
      expires_(to_the_second(claims.expires)),
      issued_at_(claims.issued_at) {}

Identity::Identity(const Identity& other, authx::Time expires)
    : claims_(other.claims_),
      peer_(other.peer_),
      certificate_(kept(other.certificate())),
      expires_(to_the_second(expires)),
      issued_at_(other.issued_at_) {}

base::Ref<const Identity> Identity::until(authx::Time expires) const {
  return base::Ref<const Identity>(new Identity(*this, expires));
}

std::optional<std::string> Identity::certificate() const {
  return certificate_ ? std::optional(*certificate_) : std::nullopt;
}

}  // namespace microframe::ws
