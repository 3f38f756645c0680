#include "chaos/proxy.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "chaos/line.hpp"

namespace chaos {
namespace {

// poll(2) counts whole milliseconds: it is better to wake up too late than too early and again
// and again.
int to_timeout(std::optional<Time> wakes, Time now) {
  if (!wakes) return -1;
  return static_cast<int>(
      std::max(std::chrono::ceil<milliseconds>(*wakes - now), milliseconds(0)).count());
}

}  // namespace

Proxy::Proxy(std::uint16_t server_port, std::size_t lines, std::uint64_t seed)
    : wake_fd_(::eventfd(0, EFD_CLOEXEC)) {
  for (std::size_t number = 0; number < lines; ++number)
    lines_.emplace_back(server_port, seed, number);
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  ending_ = true;
  ::eventfd_write(wake_fd_, 1);
  thread_.join();
  ::close(wake_fd_);
}

std::uint16_t Proxy::port(std::size_t line) const {
  return std::next(lines_.begin(), static_cast<std::ptrdiff_t>(line))->port();
}

void Proxy::calm() {
  calm_ = true;
  ::eventfd_write(wake_fd_, 1);
}

std::array<unsigned, Fault::kKinds> Proxy::faults() const {
  std::array<unsigned, Fault::kKinds> sums{};
  for (const Line& line : lines_) {
    const auto faults = line.faults();
    for (std::size_t kind = 0; kind < sums.size(); ++kind) sums[kind] += faults[kind];
  }
  return sums;
}

void Proxy::run() {
  bool was_calm = false;
  std::vector<pollfd> wait;
  std::vector<std::size_t> begins;
  while (!ending_) {
    const Time now = Clock::now();
    if (calm_ && !std::exchange(was_calm, true))
      for (Line& line : lines_) line.calm();
    wait.assign(1, {wake_fd_, POLLIN, 0});
    begins.clear();
    std::optional<Time> earliest;
    for (Line& line : lines_) {
      line.pass(now);
      begins.push_back(wait.size());
      line.add_to(wait, now);
      const auto wakes = line.wakes(now);
      if (wakes && (!earliest || *wakes < *earliest)) earliest = wakes;
    }
    if (::poll(wait.data(), wait.size(), to_timeout(earliest, now)) < 0) continue;
    eventfd_t woken = 0;
    if (wait[0].revents != 0) ::eventfd_read(wake_fd_, &woken);
    const Time then = Clock::now();
    auto begin = begins.begin();
    for (Line& line : lines_) line.take(wait.data() + *begin++, then);
  }
}

}  // namespace chaos
