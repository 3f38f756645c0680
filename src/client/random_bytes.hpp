// RandomBytes: bytes that nobody can foretell (RFC 6455 §10.3), read from the kernel a few frames in
// advance. They are not OpenSSL's: a client may still speak at the end of its process, when OpenSSL
// has ended already. Threading: one thread.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.hpp"

namespace microframe::client {

class RandomBytes {
 public:
  // Each byte is given once. Size: at most kAtOnce.
  template <std::size_t Size>
  std::array<std::byte, Size> take() {
    static_assert(Size <= kAtOnce);
    std::array<std::byte, Size> taken;
    take_into(taken);
    return taken;
  }

 private:
  static constexpr std::size_t kAtOnce = 64;
  void take_into(base::MutableBytes taken);

  std::array<std::byte, kAtOnce> bytes_;
  std::size_t used_ = kAtOnce;
};

}  // namespace microframe::client
