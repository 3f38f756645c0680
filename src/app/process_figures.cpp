#include "app/process_figures.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>

#include "guard/memory.hpp"

namespace microframe::app {
namespace {

constexpr std::size_t kOwnEntries = 3;  // of the folder: ".", "..", and what reads it

// When the machine was started, in seconds since 1970.
double boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

// The fields of /proc/self/stat behind the program's name, which may hold anything (proc(5)); the first
// is the third of the file.
std::istringstream fields_behind_name() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t end = text.rfind(')');
  return std::istringstream(end == std::string::npos ? std::string() : text.substr(end + 1));
}

// Without std::filesystem, whose iterators end the process where there is no memory for them.
std::size_t count_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  std::size_t count = 0;
  while (folder && ::readdir(folder.get())) ++count;
  return count <= kOwnEntries ? 0 : count - kOwnEntries;
}

}  // namespace

ProcessFigures read_process_figures() {
  ProcessFigures figures;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  auto fields = fields_behind_name();
  std::string word;
  for (int number = 3; number <= 23 && fields >> word; ++number) {
    if (number == 14 || number == 15) figures.cpu_seconds += std::stod(word) / ticks;
    if (number == 20) figures.threads = std::stoul(word);
    if (number == 22) figures.start_seconds = boot_seconds() + std::stod(word) / ticks;
    if (number == 23) figures.virtual_bytes = std::stoul(word);
  }
  figures.resident_bytes = guard::resident_bytes();
  figures.open_descriptors = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.descriptors_max = limit.rlim_cur;
  return figures;
}

}  // namespace microframe::app
