#pragma once

#include <stdexcept>

namespace bench {

// The server broke the protocol, or sent something unexpected: the whole run is void.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bench
