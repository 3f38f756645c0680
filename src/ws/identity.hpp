// Identity: who a device is, as its latest handshake has shown: claims, the user that the AuthManager
// has returned, address, certificate, subprotocol, and until when. Immutable and shared; a resume or a fresh token puts another in its
// place, whole. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/ref.hpp"
#include "microframe/authx/auth_manager.hpp"
#include "microframe/authx/tokens.hpp"
#include "microframe/json.hpp"
#include "net/address.hpp"

namespace microframe::ws {

// What an AuthManager has returned; nullptr without one.
using AuthorizedUser = std::shared_ptr<const authx::User>;

class Identity final : public base::RefCounted {
 public:
  // certificate: the subject of the one that the client has shown, as net::Socket::peer_subject()
  // has it; nullopt for none. subprotocol: one of the application's own, "" for none.
  Identity(const authx::Claims& claims, const net::PeerAddress& peer,
           std::optional<std::string> certificate, std::string subprotocol = {},
           AuthorizedUser user = nullptr);

  // returns: the same client with the claims and the times of a fresh token, and the user that has been
  //          authorized by it.
  base::Ref<const Identity> with(const authx::Claims& claims, AuthorizedUser user) const;

  // The claims beyond the registered ones (RFC 7519 §4.1) and `type`: an object.
  Json claims() const;
  AuthorizedUser user() const { return extras_ ? extras_->user : nullptr; }
  const net::PeerAddress& peer() const { return peer_; }
  std::optional<std::string> certificate() const;
  std::string subprotocol() const;
  // The token's `exp` and `iat`, to the second.
  authx::Time expires() const { return expires_; }
  authx::Time issued_at() const;

 private:
  // What few clients have.
  struct Extras {
    Json claims;
    std::optional<std::string> certificate;
    std::string subprotocol;
    AuthorizedUser user;
  };
  static std::unique_ptr<const Extras> make_extras(Extras extras);
  const net::PeerAddress peer_;
  const std::uint32_t issued_s_;                // since 1970; until 2106
  const std::unique_ptr<const Extras> extras_;  // nullptr: none
  const authx::Time expires_;
};

}  // namespace microframe::ws
