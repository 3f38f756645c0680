#include "guard/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>

namespace microframe::guard {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 60;

// 0 if there is no such file, or the file says "max".
std::size_t read_bytes(const std::string& path) {
  std::ifstream file(path);
  std::size_t bytes = 0;
  // Version 1 says "no limit" by a number that no machine has.
  return file >> bytes && bytes < kNoLimit ? bytes : 0;
}

// The limits of all cgroups above hold too: the least of them counts. A container may see its own
// cgroup at the top, under a path that is the host's.
std::size_t least_limit(const std::string& mounted, std::string path, const char* name) {
  std::size_t least = 0;
  while (true) {
    const std::size_t bytes = read_bytes(mounted + path + "/" + name);
    if (bytes != 0 && (least == 0 || bytes < least)) least = bytes;
    if (path.empty()) return least;
    path.erase(path.rfind('/'));
  }
}

// A line is "0::/path" for version 2, and "9:cpu,memory:/path" for a hierarchy of version 1.
bool lists_memory(std::string_view controllers) {
  while (true) {
    const std::size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == "memory") return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
}

}  // namespace

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  if (!(file >> all >> resident)) return 0;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t cgroup_bytes_max(const std::string& cgroups, const std::string& mounted) {
  std::size_t least = 0;
  const auto look = [&](const std::string& hierarchy, const std::string& path, const char* name) {
    const std::size_t bytes = least_limit(hierarchy, path == "/" ? "" : path, name);
    if (bytes != 0 && (least == 0 || bytes < least)) least = bytes;
  };
  look(mounted, "", "memory.max");
  std::ifstream file(cgroups);
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string path = line.substr(second + 1);
    const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (!path.starts_with('/')) continue;
    if (controllers.empty()) {
      look(mounted, path, "memory.max");
      look(mounted + "/unified", path, "memory.max");  // where both versions are in use
    } else if (lists_memory(controllers)) {
      look(mounted + "/memory", path, "memory.limit_in_bytes");
    }
  }
  return least;
}

std::size_t freed_bytes() {
#ifdef __GLIBC__
  return ::mallinfo2().fordblks;
#else
  return 0;
#endif
}

void give_freed_memory_back() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace microframe::guard
