// Line: one port of a Proxy, and the connections that came through this port.
// Threading: the proxy's thread, except for port() and faults().
#pragma once

#include <poll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "chaos/weather.hpp"
#include "chaos/wire.hpp"

namespace chaos {

// A handshake that must arrive at the server twice: once from a ghost, whose answer nobody reads.
struct Twice {
  int client = -1;
  int first = -1;  // the connection whose head has come, and which has no answer yet
  std::string head;
  Time give_up{};  // then the second one comes, whether the first was answered or not
  bool ghost_last = false;
  milliseconds lasts{0};  // how long the ghost stays once both have come
};

// A connection that is held open for a while, and that nobody reads.
struct Ghost {
  int fd;
  Time until;
};

class Line {
 public:
  Line(std::uint16_t server_port, std::uint64_t seed, std::size_t number);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  std::uint16_t port() const { return port_; }
  std::array<unsigned, Fault::kKinds> faults() const;

  // Does what is due at `now`.
  void pass(Time now);
  void calm();
  // Adds the descriptors that the line waits for to `wait`. Afterwards take() receives the
  // answers, with the same `now`.
  void add_to(std::vector<pollfd>& wait, Time now) const;
  void take(const pollfd* answers, Time now);
  // When pass() must be called at the latest.
  std::optional<Time> wakes(Time now) const;

 private:
  void befall(Fault fault, Time now);
  void accept(Time now);
  void join(int client);
  void go_on(Twice& twice, bool is_ready, Time now);
  // returns: false if the connection has failed.
  bool read_head(Twice& twice);
  int send_head(const Twice& twice) const;

  const std::uint16_t server_port_;
  int listen_fd_ = -1;
  std::uint16_t port_ = 0;
  Weather weather_;
  std::optional<Time> next_fault_;
  bool calm_ = false;
  Time out_until_{};
  bool out_silently_ = false;
  // Makes the next handshake arrive twice, or this late.
  std::optional<Fault> duplicate_;
  milliseconds late_{0};
  std::list<Wire> wires_;
  std::list<Wire> dead_;
  std::list<Twice> twice_;
  std::list<Ghost> ghosts_;
  std::array<std::atomic<unsigned>, Fault::kKinds> faults_{};
};

}  // namespace chaos
