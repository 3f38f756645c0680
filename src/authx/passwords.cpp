#include <crypt.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "microframe/authx/auth_manager.hpp"

namespace microframe::authx {
namespace {

constexpr std::size_t kPasswordBytesMax = 72;  // bcrypt looks at no more
constexpr unsigned long kCost = 12;

bool fits(const std::string& password) {
  return password.size() <= kPasswordBytesMax && password.find('\0') == std::string::npos;
}

// returns: "" if `setting` is not bcrypt's.
std::string bcrypt(const std::string& password, const std::string& setting) {
  if (!setting.starts_with("$2")) return {};
  const auto data = std::make_unique<crypt_data>();
  const char* hash = crypt_r(password.c_str(), setting.c_str(), data.get());
  return hash && hash[0] == '$' ? hash : std::string{};
}

std::string hash_now(const std::string& password) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  // Given no bytes, crypt takes the salt from the kernel's random numbers.
  if (!crypt_gensalt_rn("$2b$", kCost, nullptr, 0, setting, sizeof setting)) throw std::bad_alloc();
  std::string hash = bcrypt(password, setting);
  if (hash.empty()) throw std::bad_alloc();
  return hash;
}

// Compares in a time that does not depend on where the two differ.
bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

Task<std::string> hash_password(std::string password) {
  if (!fits(password))
    throw std::invalid_argument("microframe: a password is at most 72 bytes, without a zero byte");
  auto hashing = offload([password = std::move(password)] { return hash_now(password); });
  co_return co_await hashing;
}

Task<bool> verify_password(std::string password, std::string hash) {
  if (!fits(password)) co_return false;
  auto verifying = offload([password = std::move(password), hash = std::move(hash)] {
    const std::string found = bcrypt(password, hash);
    return !found.empty() && equal(found, hash);
  });
  const bool good = co_await verifying;
  co_return good;
}

}  // namespace microframe::authx
