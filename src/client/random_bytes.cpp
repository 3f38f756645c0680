#include "client/random_bytes.hpp"

#include <sys/random.h>
#include <sys/types.h>

#include <algorithm>
#include <random>

namespace microframe::client {
namespace {

// So few bytes come whole, or not at all (getrandom(2)).
void fill(base::MutableBytes bytes) {
  const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
  if (got == static_cast<ssize_t>(bytes.size())) return;
  std::random_device device;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(device());
}

}  // namespace

void RandomBytes::take_into(base::MutableBytes taken) {
  if (bytes_.size() - used_ < taken.size()) {
    fill(bytes_);
    used_ = 0;
  }
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), taken.size(), taken.begin());
  used_ += taken.size();
}

}  // namespace microframe::client
