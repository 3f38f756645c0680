// Weather: what befalls one line of a Proxy, and when, drawn from a seed. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "simulation/random.hpp"

namespace chaos {

using Random = microframe::simulation::Random;
using std::chrono::milliseconds;

// Whom a fault concerns: an end of the connection, or a direction of its bytes by the end they come
// from.
enum class Ends : std::uint8_t { client, server, both };
constexpr bool concerns_client(Ends ends) {
  return ends != Ends::server;
}
constexpr bool concerns_server(Ends ends) {
  return ends != Ends::client;
}

struct Fault {
  enum class Kind : std::uint8_t {
    reset,      // RST to `ends`; the other end hears nothing any more
    end,        // FIN to `ends`; likewise
    stall,      // nothing passes that comes from `ends`, for `lasts`; then all of it at once
    half_open,  // nothing passes that comes from `ends`, ever
    trickle,    // byte by byte, for `lasts`
    duplicate,  // the next handshake comes twice: once from nobody, who stays for `lasts`
    late,       // the next handshake takes `lasts` to arrive: its client may have given up by then
    outage,     // RST to both, and nobody gets through for `lasts`
  };
  static constexpr std::size_t kKinds = 8;

  Kind kind = Kind::reset;
  Ends ends = Ends::both;
  milliseconds lasts{0};
  bool silently = false;  // of an outage: who comes is not refused, but never answered
  bool behind = false;    // of a duplicate: nobody comes second
};

const char* name_of(Fault::Kind kind);

class Weather {
 public:
  Weather(std::uint64_t seed, std::size_t line);

  // Until the next fault.
  milliseconds pause();
  Fault next();

 private:
  milliseconds between(int least, int most);

  Random random_;
};

}  // namespace chaos
