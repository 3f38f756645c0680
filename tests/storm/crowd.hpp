// Crowd: many microframe::Clients of one server, and when each of them was lost, tried, and was
// back.
// Threading: one thread; the clients' handlers run on their loops.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "microframe/client.hpp"
#include "microframe/microframe.hpp"

namespace storm {

class Crowd {
 public:
  Crowd(const std::string& url, std::size_t clients, const microframe::authx::AuthConfig& auth);
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Prepares for the loss and the return of every client.
  void begin_round();
  void wait_until_back();
  // The times of this round, in seconds of the system's monotonic clock: `lost`, `tried` (the
  // begin of every attempt) and `back` (every welcome); and `accepted`, how long after the begin
  // of its attempt each welcome came.
  microframe::Json report() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Track {
    bool was_lost = false;
    bool is_back = false;
    Clock::time_point next_attempt{};
  };

  void on_state(std::size_t client, const microframe::ClientStatus& status);

  mutable std::mutex mutex_;
  std::condition_variable all_back_;
  std::vector<Track> tracks_;
  std::size_t back_ = 0;
  std::vector<Clock::time_point> losses_;
  std::vector<Clock::time_point> attempts_;
  std::vector<Clock::time_point> returns_;
  std::vector<Clock::duration> accepts_;

  const microframe::ClientLoop loop_;
  std::deque<microframe::Client> clients_;  // last: handlers end before what they use
};

}  // namespace storm
