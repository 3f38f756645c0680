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
  Json data;  // whatever the application keeps of a user
};

// Derive from this class, and answer from your store. Called on any loop, on several at once; what
// blocks belongs into offload().
class AuthManager {
 public:
  virtual ~AuthManager() = default;

  virtual Task<std::optional<User>> get_user_by_email(std::string email) = 0;
  virtual Task<std::optional<User>> get_user_by_id(std::string id) = 0;
  // Whether `password` is the user's.
  virtual Task<bool> verify_password(const User& user, std::string password) = 0;

  // Whether the bearer of a valid token may connect; asked at each handshake, within
  // Limits::auth_time. Override this to refuse more than unknown users: those who are disabled,
  // say.
  // returns: the user, or nullopt to refuse.
  virtual Task<std::optional<User>> authorize(const Claims& claims);

  // The user with this email and password. A wrong email takes as long as a wrong password.
  // errors: CredentialsException.
  Task<User> authenticate(std::string email, std::string password);
};

// Hashes a password with bcrypt ("$2b$", cost 12) on a worker thread: some 0.2 s of one core.
// errors: std::invalid_argument for a password over 72 bytes or with a zero byte, which bcrypt
// would cut.
Task<std::string> hash_password(std::string password);
// Whether `password` is the password that was hashed, by bcrypt of any "$2" kind and cost. Runs
// on a worker thread.
Task<bool> verify_password(std::string password, std::string hash);

}  // namespace microframe::authx
