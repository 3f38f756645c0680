// The process that serves, and its surroundings: descriptors 0 to 2, SIGPIPE, and how many files it
// may have open.
#pragma once

#include <cstddef>
#include <string>

#include "microframe/limits.hpp"

namespace microframe::app {

// Opens /dev/null in place of a standard descriptor that is closed: otherwise a socket would be
// standard error, and libuv ends a process that closes such a one.
void open_standard_descriptors();

// A peer that has gone is an error of write(), and no reason to end. A handler of the application's
// own stays.
void ignore_sigpipe();

// Raises the limit of open files (RLIMIT_NOFILE) to what the system allows: a connection is a
// descriptor, and a shell's limit is often 1,024.
void raise_descriptor_limit();

// The name of this machine, as its own system knows it; "node" if it has none.
std::string host_name();

// How the descriptors that are left are shared out.
struct DescriptorPlan {
  std::size_t connections_max;  // Limits::connections_max, or what the descriptors leave
  std::size_t answers_max;  // of a loop: requests past that limit that are answered all the same
};

// Plans for `loops` loops that are made already, and says in the log which limit holds.
// errors: ConfigError if too few are left to serve with.
DescriptorPlan plan_descriptors(const Limits& limits, std::size_t loops);

}  // namespace microframe::app
