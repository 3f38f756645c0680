// Identity: who a device is, as its latest handshake has shown: claims, address, certificate, and
// until when. Immutable and shared; a resume or a fresh token puts another in its place, whole.
// Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/ref.hpp"
#include "microframe/authx/tokens.hpp"
#include "microframe/json.hpp"
#include "net/address.hpp"

namespace microframe::ws {

class Identity final : public base::RefCounted {
 public:
  // certificate: the subject of the one that the client has shown, as net::Socket::peer_subject()
  // has it; nullopt for none.
  Identity(const authx::Claims& claims, const net::PeerAddress& peer,
           const std::optional<std::string>& certificate);

  // returns: the same, but until a fresh token's `exp`.
  base::Ref<const Identity> until(authx::Time expires) const;

  // The claims beyond the registered ones (RFC 7519 §4.1) and `type`: an object.
  const Json& claims() const { return claims_; }
  const net::PeerAddress& peer() const { return peer_; }
  std::optional<std::string> certificate() const;
  // The token's `exp`, to the second, and `iat`.
  authx::Time expires() const { return expires_; }
  authx::Time issued_at() const { return issued_at_; }

 private:
  Identity(const Identity& other, authx::Time expires);

  const Json claims_;
  const net::PeerAddress peer_;
  const std::unique_ptr<const std::string> certificate_;  // few show one
  const authx::Time expires_;
  const authx::Time issued_at_;
};

}  // namespace microframe::ws
