#pragma once

#include <stdexcept>

namespace bench {

// The server broke the protocol, or sent what was not expected: the whole run counts for nothing.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bench
