// Wire: a client's connection, the proxy's own connection to the server, and the bytes on their
// way between them.
// Threading: the proxy's thread.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "chaos/weather.hpp"

namespace chaos {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

// Connects to loopback, blocking.
// returns: -1 if nobody listens.
int connect_to(std::uint16_t port);
// Closes with an RST.
void reset(int fd);

// One direction.
class Flow {
 public:
  void stall(Time until) { stalled_until_ = std::max(stalled_until_, until); }
  void trickle(Time until) { trickles_until_ = std::max(trickles_until_, until); }
  void mute() { muted_ = true; }
  // Lets a stopped direction continue; a muted one stays muted.
  void calm() { stalled_until_ = trickles_until_ = {}; }

  bool reads(Time now) const;
  bool writes(Time now) const;
  // When the wire has something to do by itself, if it stands still now.
  std::optional<Time> wakes(Time now) const;
  void receive(int from);
  void send(int to, Time now);
  // The end of the stream has been passed on; the stream is broken.
  bool has_ended() const { return passed_end_; }
  bool is_broken() const { return broken_; }

 private:
  bool trickles(Time now) const { return now < trickles_until_; }
  bool stands(Time now) const { return muted_ || now < stalled_until_; }
  // returns: how many of the first `size` bytes went.
  std::size_t push(int to, std::size_t size);

  std::string bytes_;
  Time stalled_until_{};
  Time trickles_until_{};
  Time next_byte_{};
  bool muted_ = false;
  bool got_end_ = false;
  bool passed_end_ = false;
  bool broken_ = false;
};

class Wire {
 public:
  // The wire owns the descriptors.
  Wire(int client, int server) : client_(client), server_(server) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();  // sends an RST to each end that is still open

  void befall(const Fault& fault, Time now);
  void calm();

  // For poll(2); fd -1: nothing is waited for.
  pollfd client_wish(Time now) const { return wish(client_, up_, down_, now); }
  pollfd server_wish(Time now) const { return wish(server_, down_, up_, now); }
  std::optional<Time> wakes(Time now) const;
  // Moves what the two polls allow.
  void move(const pollfd& client, const pollfd& server, Time now);
  // Nothing will pass any more: all that is left is one or two descriptors, which an end may
  // still hold open.
  bool is_dead() const { return dead_; }
  // Both ends are finished.
  bool is_over() const { return over_; }

 private:
  static pollfd wish(int fd, const Flow& from, const Flow& to, Time now);

  int client_;
  int server_;
  Flow up_;
  Flow down_;
  bool dead_ = false;
  bool over_ = false;
};

}  // namespace chaos
