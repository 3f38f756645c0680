// Connector: one attempt to reach a host, on a loop: resolves the host's name, then tries its
// addresses in turn.
#pragma once

#include <functional>
#include <string>

#include "net/address.hpp"

namespace microframe::net {

class Loop;

// Threading: the loop's. Destroying a connector gives its attempt up.
class Connector {
 public:
  // Called once, with a connected, non-blocking descriptor, or with -1 and what went wrong in
  // words. It throws nothing.
  using Done = std::function<void(int fd, std::string error)>;

  // address: a host (name or IP address) with a port, or a Unix path.
  Connector(Loop& loop, Address address, Done done);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  struct Attempt;
  Attempt* attempt_;  // lives on until libuv lets it go
};

}  // namespace microframe::net
