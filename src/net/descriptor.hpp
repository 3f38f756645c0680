// Descriptor: owns an open file descriptor, and closes it. Threading: one thread at a time.
#pragma once

#include <unistd.h>

#include <utility>

namespace microframe::net {

class Descriptor {
 public:
  Descriptor() = default;
  // Takes `fd` over. -1: none.
  Descriptor(int fd) : fd_(fd) {}  // NOLINT(google-explicit-constructor): what system calls return
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  // returns: the descriptor, which is the caller's from here on.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace microframe::net
