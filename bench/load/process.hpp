// What the kernel says of the server's process, and of the time.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace bench {

// CPU time of all its threads, user and system.
// errors: Broken if it is gone.
std::uint64_t cpu_ns(pid_t pid);

// Its anonymous memory in RAM: heap and stacks, without the kernel's socket buffers and the program's text.
// errors: Broken if it cannot be read.
std::uint64_t anonymous_bytes(pid_t pid);

// CLOCK_MONOTONIC.
std::uint64_t now_ns();

}  // namespace bench
