#include "guard/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace microframe::guard {
namespace {

// The path of this process's cgroup below /sys/fs/cgroup, from the line "0::/path" (cgroups(7)).
std::string cgroup_path() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

// 0 if there is no such file, or the file says "max".
std::size_t read_bytes(const std::string& path) {
  std::ifstream file(path);
  std::size_t bytes = 0;
  return file >> bytes ? bytes : 0;
}

}  // namespace

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  if (!(file >> all >> resident)) return 0;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t cgroup_bytes_max() {
  // The limits of all cgroups above hold too: the least of them counts.
  std::size_t least = 0;
  std::string path = cgroup_path();
  while (true) {
    const std::size_t bytes = read_bytes("/sys/fs/cgroup" + path + "/memory.max");
    if (bytes != 0 && (least == 0 || bytes < least)) least = bytes;
    if (path.empty()) return least;
    path.erase(path.rfind('/'));
  }
}

void give_freed_memory_back() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace microframe::guard
