// Line: one port of a Proxy, and the connections that came by it.
// Threading: the proxy's thread, but for port() and faults().
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

// A handshake that is to come to the server twice: once by a ghost, whose answer nobody reads.
struct Twice {
  int client = -1;
  int first = -1;  // once the head is in: the connection that has it, and has no answer yet
  std::string head;
  Time give_up{};  // then the second comes, whether the first was answered or not
  bool ghost_last = false;
  milliseconds lasts{0};  // the ghost, once both have come
};

// A connection that is held open for a while, and read by nobody.
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
  // Adds what it waits for to `wait`; afterwards take(), with the same `now`, is given the answers.
  void add_to(std::vector<pollfd>& wait, Time now) const;
  void take(const pollfd* answers, Time now);
  // When pass() is to be called at the latest.
  std::optional<Time> wakes(Time now) const;

 private:
  void befall(Fault fault, Time now);
  void accept(Time now);
  void join(int client);
  void go_on(Twice& twice, bool is_ready, Time now);
  // returns: false if it has come to nothing.
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
  // The next handshake comes twice; or so late.
  std::optional<Fault> duplicate_;
  milliseconds late_{0};
  std::list<Wire> wires_;
  std::list<Wire> dead_;
  std::list<Twice> twice_;
  std::list<Ghost> ghosts_;
  std::array<std::atomic<unsigned>, Fault::kKinds> faults_{};
};

}  // namespace chaos
