// ProcessFigures: what the kernel counts of this process, as the client libraries of Prometheus name it.
#pragma once

#include <cstddef>

namespace microframe::app {

// What the kernel does not tell is 0.
struct ProcessFigures {
  double cpu_seconds = 0;    // user and system, all threads
  double start_seconds = 0;  // since 1970
  std::size_t open_descriptors = 0;
  std::size_t descriptors_max = 0;
  std::size_t resident_bytes = 0;
  std::size_t virtual_bytes = 0;
  std::size_t threads = 0;
};

// Reads files of /proc. Any thread.
ProcessFigures read_process_figures();

}  // namespace microframe::app
