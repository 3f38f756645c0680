// The process's memory, as the kernel counts it. Any thread; reads files of /proc and /sys.
#pragma once

#include <cstddef>

namespace microframe::guard {

// Resident bytes of this process; 0 if the kernel does not tell.
std::size_t resident_bytes();

// What its cgroup allows this process, together with all others in the cgroup (memory.max of cgroup
// v2); 0 if there is no such limit.
std::size_t cgroup_bytes_max();

// Has malloc give freed memory back to the kernel. This may take some milliseconds.
void give_freed_memory_back();

}  // namespace microframe::guard
