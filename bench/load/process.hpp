// What the kernel tells about the server's processes, and the time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

namespace bench {

// The CPU time of all threads of the processes, user and system.
// errors: Broken if a process has ended.
std::uint64_t cpu_ns(std::span<const pid_t> server);

// The processes' anonymous memory in RAM: heap and stacks, without the kernel's socket buffers
// and the program's text.
// errors: Broken if it cannot be read.
std::uint64_t anonymous_bytes(std::span<const pid_t> server);

// CLOCK_MONOTONIC.
std::uint64_t now_ns();

}  // namespace bench
