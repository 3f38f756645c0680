// AuthManager: the application's users, as authentication asks for them; and password hashing.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "microframe/authx/tokens.hpp"
#include "microframe/json.hpp"
#include "microframe/task.hpp"

namespace microframe::authx {

struct User {
  User(std::string user_id, std::string user_email, Json user_data = {})
      : id(std::move(user_id)), email(std::move(user_email)), data(std::move(user_data)) {}

  std::string id;
  std::string email;
  Json data;  // whatever the application knows about the user
};

// Derive from AuthManager, and answer from your store. The functions are called on any loop,
// several at once. Code that blocks belongs in offload().
class AuthManager {
 public:
  virtual ~AuthManager() = default;

  virtual Task<std::optional<User>> get_user_by_email(std::string email) = 0;
  virtual Task<std::optional<User>> get_user_by_id(std::string id) = 0;
  // returns: whether `password` is the user's.
  virtual Task<bool> verify_password(const User& user, std::string password) = 0;

  // Decides whether the bearer of a valid token may connect. Called at each handshake; the answer
  // must come within Limits::auth_time. Override it to refuse more than unknown users, for
  // example users who are disabled.
  // returns: the user, which WebSocket::authorized_user() returns to the hooks of the connection; or
  //          nullopt to refuse.
  virtual Task<std::optional<User>> authorize(const Claims& claims);

  // Finds the user with this email and password. A wrong email takes as long as a wrong password.
  // errors: CredentialsException.
  Task<User> authenticate(std::string email, std::string password);
};

// Hashes a password with bcrypt ("$2b$", cost 12) on a worker thread, which takes about 0.2 s of
// one core.
// errors: std::invalid_argument for a password over 72 bytes or with a zero byte, because bcrypt
//         would cut it.
Task<std::string> hash_password(std::string password);
// Checks a password against a bcrypt hash of any "$2" kind and cost, on a worker thread.
// returns: whether `password` is the one that was hashed.
Task<bool> verify_password(std::string password, std::string hash);

}  // namespace microframe::authx
