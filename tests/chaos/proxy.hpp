// Proxy: lines to a server, each with a port and a weather of its own. Connections over a line
// are reset, ended, stalled, left half open, slowed down to single bytes, and opened twice.
// Threading: a thread of the proxy moves the bytes; call the members from any thread.
#pragma once

#include <poll.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <thread>
#include <vector>

#include "chaos/weather.hpp"
#include "chaos/wire.hpp"

namespace chaos {

class Line;

class Proxy {
 public:
  // The weather of a line begins with its first connection.
  Proxy(std::uint16_t server_port, std::size_t lines, std::uint64_t seed);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::uint16_t port(std::size_t line) const;
  // Ends all faults that pass by themselves, and starts no more. A client that holds on to a dead
  // connection must find that out itself.
  void calm();
  // The number of faults that met a connection, by kind.
  std::array<unsigned, Fault::kKinds> faults() const;

 private:
  void run();

  std::list<Line> lines_;
  const int wake_fd_;
  std::atomic<bool> calm_{false};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace chaos
