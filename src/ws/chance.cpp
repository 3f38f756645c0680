#include "ws/chance.hpp"

#include <openssl/rand.h>

#include <cstdint>

namespace microframe::ws {

double chance() {
  std::uint32_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  return number / 4294967296.0;
}

}  // namespace microframe::ws
