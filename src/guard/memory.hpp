// The process's memory, as the kernel counts it. Any thread; reads files of /proc and /sys.
#pragma once

#include <cstddef>
#include <string>

namespace microframe::guard {

// Resident bytes of this process; 0 if the kernel does not tell.
std::size_t resident_bytes();

// What its cgroups allow this process, together with all others in them: the least of memory.max
// (cgroup v2) and memory.limit_in_bytes (v1); 0 if there is no such limit.
// cgroups:  the file that names the process's cgroups, as cgroups(7) describes.
// mounted:  where the hierarchies are mounted.
std::size_t cgroup_bytes_max(const std::string& cgroups = "/proc/self/cgroup",
                             const std::string& mounted = "/sys/fs/cgroup");

// Bytes that were freed and that malloc has not given back to the kernel; 0 if it does not tell.
std::size_t freed_bytes();

// Has malloc give freed memory back to the kernel. This may take some milliseconds.
void give_freed_memory_back();

}  // namespace microframe::guard
