#include "base/chance.hpp"

#include <cstdint>
#include <random>

namespace microframe::base {

double chance() {
  std::random_device device;
  return static_cast<std::uint32_t>(device()) / 4294967296.0;
}

}  // namespace microframe::base
