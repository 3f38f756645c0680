#include "ws/random_name.hpp"

#include <openssl/rand.h>

#include <stdexcept>

#include "base/base64url.hpp"

namespace microframe::ws {

namespace {

void fill(void* bytes, std::size_t size) {
  if (RAND_bytes(static_cast<unsigned char*>(bytes), static_cast<int>(size)) != 1)
    throw std::runtime_error("the system gives no random bytes");
}

}  // namespace

std::string random_name(std::size_t bytes) {
  std::string random(bytes, '\0');
  fill(random.data(), bytes);
  return base::base64url_encode(random);
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  fill(&number, sizeof number);
  return number;
}

}  // namespace microframe::ws
