// Fault: the n-th allocation, or the n-th system call, that a loop's thread makes from now on
// fails. The test's own threads are spared.
// Threading: arm and disarm from one thread; the events are counted from any thread.
#pragma once

#include <cstddef>
#include <string>

namespace test {

struct Fault {
  enum class Kind : unsigned char { allocation, system_call };
  Kind kind = Kind::allocation;
  std::size_t at = 1;       // the first is 1
  std::size_t every = 0;    // and every so many further ones; 0: no others
  std::size_t variant = 0;  // of a system call: which of the errors it may give
};

// The largest number of errors of any system call.
inline constexpr std::size_t kVariants = 5;

struct Outcome {
  std::size_t due = 0;     // how often the fault's turn came
  std::size_t struck = 0;  // how often it made something fail; a call may have no such error
};

void arm(const Fault& fault);
Outcome disarm();
// returns: what the last fault struck: "recv: ECONNRESET", or "allocation".
std::string last_struck();

}  // namespace test
