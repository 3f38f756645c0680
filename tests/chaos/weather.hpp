// Weather: which faults one line of a Proxy has, and when, drawn from a seed. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "simulation/random.hpp"

namespace chaos {

using Random = microframe::simulation::Random;
using std::chrono::milliseconds;

// Whom a fault affects: one end of the connection, or one direction of its bytes, named by the
// end that they come from.
enum class Ends : std::uint8_t { client, server, both };
constexpr bool concerns_client(Ends ends) {
  return ends != Ends::server;
}
constexpr bool concerns_server(Ends ends) {
  return ends != Ends::client;
}

struct Fault {
  enum class Kind : std::uint8_t {
    reset,      // RST to `ends`; the other end receives nothing any more
    end,        // FIN to `ends`; the other end receives nothing any more
    stall,      // bytes from `ends` do not pass for `lasts`; then all pass at once
    half_open,  // bytes from `ends` never pass again
    trickle,    // bytes pass one by one, for `lasts`
    duplicate,  // the next handshake comes twice: once from a ghost, which stays for `lasts`
    late,       // the next handshake takes `lasts` to arrive; its client may have given up by then
    outage,     // RST to both ends, and no connection succeeds for `lasts`
  };
  static constexpr std::size_t kKinds = 8;

  Kind kind = Kind::reset;
  Ends ends = Ends::both;
  milliseconds lasts{0};
  bool silently = false;  // of an outage: a connection is not refused, but never answered
  bool behind = false;    // of a duplicate: the ghost comes second
};

const char* name_of(Fault::Kind kind);

class Weather {
 public:
  Weather(std::uint64_t seed, std::size_t line);

  // The time until the next fault.
  milliseconds pause();
  Fault next();

 private:
  milliseconds between(int least, int most);

  Random random_;
};

}  // namespace chaos
