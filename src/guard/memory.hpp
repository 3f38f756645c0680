// The process's memory, as the kernel counts it. Any thread; reads files of /proc and /sys.
#pragma once

#include <cstddef>

namespace microframe::guard {

// Resident bytes of this process; 0 if the kernel does not tell.
std::size_t resident_bytes();

// What the cgroup of this process allows it, with all others in it (memory.max of cgroup v2); 0 if
// nothing is said.
std::size_t cgroup_bytes_max();

// Has malloc give what was freed back to the kernel. May take some milliseconds.
void give_freed_memory_back();

}  // namespace microframe::guard
