// Passwords and the AuthManager. bcrypt costs: few hashes are made here.

#include <gtest/gtest.h>

#include "microframe/authx.hpp"

namespace microframe::authx {
namespace {

TEST(Passwords, AreHashedWithBcryptAndVerified) {
  const std::string hash = sync_wait(hash_password("correct horse"));
  EXPECT_EQ(hash.substr(0, 7), "$2b$12$");
  EXPECT_TRUE(sync_wait(verify_password("correct horse", hash)));
  EXPECT_FALSE(sync_wait(verify_password("wrong horse", hash)));
}

TEST(Passwords, HashesOfOtherSystemsAreVerified) {
  // jBCrypt's published vector: cost 6.
  EXPECT_TRUE(sync_wait(
      verify_password("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")));
  EXPECT_FALSE(sync_wait(
      verify_password("b", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")));
}

TEST(Passwords, ThatBcryptWouldCutAreRefused) {
  EXPECT_THROW(sync_wait(hash_password(std::string(73, 'x'))), std::invalid_argument);
  EXPECT_THROW(sync_wait(hash_password(std::string("a\0b", 3))), std::invalid_argument);
}

TEST(Passwords, NoPasswordMatchesTextThatIsNoHash) {
  for (const char* hash : {"", "x", "$1$abc$def", "$2b$12$", "plain"})
    EXPECT_FALSE(sync_wait(verify_password("plain", hash)));
}

class OneUser : public AuthManager {
 public:
  Task<std::optional<User>> get_user_by_email(std::string email) override {
    if (email == "alice@example.com") co_return User("alice", email, {{"role", "admin"}});
    co_return std::nullopt;
  }
  Task<std::optional<User>> get_user_by_id(std::string id) override {
    if (id == "alice") co_return User("alice", "alice@example.com");
    co_return std::nullopt;
  }
  Task<bool> verify_password(const User&, std::string password) override {
    co_return password == "secret";
  }
};

TEST(AuthManager, AuthenticatesByEmailAndPassword) {
  OneUser users;
  EXPECT_EQ(sync_wait(users.authenticate("alice@example.com", "secret")).id, "alice");
  EXPECT_THROW(sync_wait(users.authenticate("alice@example.com", "wrong")), CredentialsException);
  EXPECT_THROW(sync_wait(users.authenticate("nobody@example.com", "secret")), CredentialsException);
}

TEST(AuthManager, AuthorizesTheUsersItKnows) {
  OneUser users;
  Claims claims;
  claims.sub = "alice";
  EXPECT_TRUE(sync_wait(users.authorize(claims)));
  claims.sub = "ghost";
  EXPECT_FALSE(sync_wait(users.authorize(claims)));
}

}  // namespace
}  // namespace microframe::authx
