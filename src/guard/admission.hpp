// Admission: whether the process has room for one more connection, for its address, and for one
// more user to be looked up. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/mutex.hpp"
#include "base/rate_limit.hpp"
#include "base/slots.hpp"
#include "guard/rejection.hpp"
#include "microframe/limits.hpp"
#include "net/address.hpp"

namespace microframe::guard {

class Admission {
 public:
  enum class Verdict : unsigned char {
    admitted,
    memory_full,
    process_full,
    too_fast,      // more handshakes per second than the process takes
    address_full,  // the address has as many connections as it may
    no_proxy,      // only proxies may connect, and this is none
  };

  // A place that is taken, and given back on destruction. It must not outlive its Admission.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)),
          address_(std::exchange(other.address_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(admission_, other.admission_);
      std::swap(address_, other.address_);
      return *this;
    }
    ~Ticket() {
      if (admission_) admission_->give_back(address_);
    }

   private:
    friend class Admission;
    explicit Ticket(Admission* admission) : admission_(admission) {}
    Admission* admission_ = nullptr;
    const std::string* address_ = nullptr;  // the table's; nullptr until counted for an address
  };

  explicit Admission(const Limits& limits);

  // Takes a place in the process for a connection accepted at `now_ms`, by the clock of any loop.
  std::pair<Verdict, Ticket> admit(std::uint64_t now_ms);
  // Counts the connection, once, for `address`, as counted_as() names it. Apart from admit(),
  // because a proxy tells its client only later.
  // returns: admitted, or address_full; the ticket then still holds its place in the process.
  Verdict count_for(std::string address, Ticket& ticket);

  // From now on nobody is admitted, or connections are admitted again: whoever watches the memory
  // says so.
  void shed(bool memory_is_full) { memory_full_.store(memory_is_full, std::memory_order_relaxed); }

  std::size_t connections() const;
  // The users being looked up by AuthManagers.
  base::Slots& authentications() { return authentications_; }
  const base::Slots& authentications() const { return authentications_; }

 private:
  void give_back(const std::string* address);

  const std::size_t connections_max_;
  const std::size_t per_address_max_;
  const double handshakes_per_second_;
  const double handshakes_burst_;
  std::atomic<bool> memory_full_{false};
  base::Slots authentications_;

  mutable base::Mutex mutex_;
  std::size_t connections_ MICROFRAME_GUARDED_BY(mutex_) = 0;
  base::RateLimit handshakes_ MICROFRAME_GUARDED_BY(mutex_);
  std::uint64_t latest_ms_ MICROFRAME_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, std::size_t> by_address_ MICROFRAME_GUARDED_BY(mutex_);
};

// What a client's connections are counted for: the client's address without the port; for IPv6 the
// /64 that it lies in, because a subscriber is given no less (RFC 6177); or "unix".
std::string counted_as(const net::PeerAddress& peer);

// What a client that was not admitted is told.
struct Refusal {
  Rejection why;
  unsigned status;
  std::string_view detail;
  std::string_view fields;
  bool sees_pages;  // pages are answered all the same: an operator must see a server that is full
};
Refusal refusal_of(Admission::Verdict verdict);

}  // namespace microframe::guard
