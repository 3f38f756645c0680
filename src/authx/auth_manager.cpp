#include "microframe/authx/auth_manager.hpp"

#include "microframe/authx/exceptions.hpp"

namespace microframe::authx {
namespace {

// The hash of nobody's password, of the cost that hash_password uses: verifying against it takes as
// long as against a real one.
constexpr char kNobodysHash[] = "$2b$12$abcdefghijklmnopqrstuuD3Vm7fXKJ9KzKQ3vJ0sPZ2mGQ7nE8mC";

}  // namespace

Task<std::optional<User>> AuthManager::authorize(const Claims& claims) {
  return get_user_by_id(claims.sub);
}

Task<User> AuthManager::authenticate(std::string email, std::string password) {
  std::optional<User> user = co_await get_user_by_email(email);
  if (!user) {
    std::string hash = kNobodysHash;
    Task<bool> verified = authx::verify_password(std::move(password), std::move(hash));
    co_await verified;
    throw CredentialsException();
  }
  Task<bool> verified = verify_password(*user, std::move(password));
  const bool good = co_await verified;
  if (!good) throw CredentialsException();
  co_return std::move(*user);
}

}  // namespace microframe::authx
