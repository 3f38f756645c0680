// Access: who may come by one path: the tokens that let in, the keys that they are signed with, the
// AuthManager. Threading: set up by one thread; then const, and shared by all loops.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "authx/authenticator.hpp"
#include "base/result.hpp"
#include "keys/keyring.hpp"
#include "microframe/authx.hpp"

namespace microframe::ws {

struct Registries;

class Access {
 public:
  // users: nullptr for none; outlives the Access.
  // errors: ConfigError for a key that does not fit.
  Access(std::string path, const authx::AuthConfig& config, authx::AuthManager* users)
      : path_(std::move(path)), users_(users), authenticator_(config) {}

  // Once, before the first request. The registries outlive the Access.
  void open(Registries& registries);

  // A user is one of a path: others may have the same name elsewhere.
  const std::string& path() const { return path_; }
  authx::AuthManager* users() const { return users_; }
  const authx::Authenticator& authenticator() const { return authenticator_; }
  // Who the bearer of a token is, by the keys that are known now.
  base::Result<authx::Identity, authx::Refused> judge(const authx::Candidate& candidate,
                                                      authx::Time now) const;
  // Checks a fresh access token for a live connection. A token with an unknown key is refused, and
  // the key fetched for the next time.
  std::optional<authx::Claims> verify(std::string_view token, authx::Time now) const;
  // Whether a revocation covers a token of `user` that says it was issued at `issued_at`.
  bool is_revoked(std::string_view user, authx::Time issued_at) const;
  const keys::Keyring& keyring() const { return keyring_; }

 private:
  const std::string path_;
  authx::AuthManager* const users_;
  const authx::Authenticator authenticator_;
  keys::Keyring keyring_;
  Registries* registries_ = nullptr;  // once open
};

}  // namespace microframe::ws
