#include "app/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/log.hpp"
#include "microframe/config_error.hpp"

namespace microframe::app {
namespace {

// For health checks, refusals, listeners, keys being fetched, and the application's own files.
constexpr std::size_t kReserveMin = 16;
constexpr std::size_t kReserveMax = 512;
constexpr std::size_t kReserveShare = 16;  // a sixteenth of the limit
constexpr std::size_t kAnswersMax = 256;

std::size_t descriptor_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

// The directory's own descriptor is among them, which errs on the safe side. Where /proc tells
// nothing, all are taken to be open.
std::size_t descriptors_open(std::size_t limit) {
  std::error_code failed;
  std::filesystem::directory_iterator files("/proc/self/fd", failed);
  if (failed) return limit;
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

}  // namespace

void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    const bool is_closed = ::fcntl(fd, F_GETFD) < 0 && errno == EBADF;
    // The least free number is taken: those below are open by now. It is inherited, as they are.
    if (is_closed && ::open("/dev/null", O_RDWR) != fd) return;
  }
}

void ignore_sigpipe() {
  struct sigaction now{};
  ::sigaction(SIGPIPE, nullptr, &now);
  if (now.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "node";
  return name.data();
}

DescriptorPlan plan_descriptors(const Limits& limits, std::size_t loops) {
  const std::size_t limit = descriptor_limit();
  const std::size_t open = descriptors_open(limit);
  const std::size_t reserve = std::clamp(limit / kReserveShare, kReserveMin, kReserveMax);
  if (limit <= open + reserve) {
    throw ConfigError("the limit of open files is " + std::to_string(limit) +
                      ", and serving takes " + std::to_string(open + reserve + 1) +
                      " at least: raise it (ulimit -n), or serve with fewer threads (--threads)");
  }
  const std::size_t room = limit - open - reserve;
  const bool lowered = limits.connections_max == 0 || limits.connections_max > room;
  DescriptorPlan plan{};
  plan.connections_max = lowered ? room : limits.connections_max;
  // Half of the reserve, because the rest of the process needs descriptors too.
  plan.answers_max = std::clamp<std::size_t>(reserve / 2 / loops, 1, kAnswersMax);
  base::log::info("connections",
                  {{"max", std::to_string(plan.connections_max)},
                   {"by", lowered ? "limit of open files (ulimit -n)" : "Limits::connections_max"},
                   {"open_files_max", std::to_string(limit)},
                   {"reserve", std::to_string(reserve)}});
  return plan;
}

}  // namespace microframe::app
