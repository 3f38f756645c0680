#include "cli/line_reader.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace microframe::cli {

LineReader::LineReader(std::function<void(std::string)> told, std::function<void()> ended)
    : told_(std::move(told)),
      ended_(std::move(ended)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { read(); }) {}

LineReader::~LineReader() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  thread_.join();
  ::close(wake_);
}

void LineReader::read() {
  std::string kept;
  char buffer[4096];
  while (true) {
    pollfd sources[] = {{STDIN_FILENO, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(sources, 2, -1) < 0) continue;
    if (sources[1].revents != 0) return;
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (size <= 0) break;
    kept.append(buffer, static_cast<std::size_t>(size));
    for (std::size_t end = kept.find('\n'); end != std::string::npos; end = kept.find('\n')) {
      told_(kept.substr(0, end));
      kept.erase(0, end + 1);
    }
  }
  if (!kept.empty()) told_(std::move(kept));
  ended_();
}

}  // namespace microframe::cli
