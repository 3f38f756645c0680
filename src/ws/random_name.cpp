#include "ws/random_name.hpp"

#include <openssl/rand.h>

#include <stdexcept>

#include "base/base64url.hpp"

namespace microframe::ws {

std::string random_name(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1)
    throw std::runtime_error("the system gives no random bytes");
  return base::base64url_encode(random);
}

}  // namespace microframe::ws
