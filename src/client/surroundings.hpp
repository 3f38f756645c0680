// Surroundings: what a Driver needs of the world: time, a worker thread, links to the server. A
// Network is the real one. Threading: the client's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/timer_wheel.hpp"
#include "client/link.hpp"
#include "v1/client_action.hpp"

namespace microframe::client {

class Surroundings {
 public:
  Surroundings() = default;
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  virtual ~Surroundings() = default;

  // Monotonic.
  virtual std::uint64_t now_ms() const = 0;
  // Runs on the same clock.
  virtual base::TimerWheel& wheel() = 0;
  // Runs `job` on a worker thread of its own, then `done` on the client's loop. A job that never
  // ends holds up nobody. If there is no thread, `done` alone is run.
  virtual void work(std::function<void()> job, std::function<void()> done) = 0;
  // Begins to connect. `events` must outlive the link, and is not called before this returns.
  virtual std::unique_ptr<Link> open(v1::OpenConnection wanted, Link::Events& events) = 0;
};

}  // namespace microframe::client
