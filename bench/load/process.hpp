// What the kernel says of the server's processes, and of the time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

namespace bench {

// CPU time of all threads of its processes, user and system.
// errors: Broken if one is gone.
std::uint64_t cpu_ns(std::span<const pid_t> server);

// Their anonymous memory in RAM: heap and stacks, without the kernel's socket buffers and the
// program's text. errors: Broken if it cannot be read.
std::uint64_t anonymous_bytes(std::span<const pid_t> server);

// CLOCK_MONOTONIC.
std::uint64_t now_ns();

}  // namespace bench
