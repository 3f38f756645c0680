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
#include "guard/rate_table.hpp"
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
    too_fast,          // more handshakes per second than the process takes
    address_full,      // the address has as many connections as it may
    address_too_fast,  // more handshakes per second than the address may begin
    no_proxy,          // only proxies may connect, and this is none
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

    // Gives back what count_for() took: the connection is somebody else's from here on.
    void uncount() {
      if (admission_ && address_) admission_->uncount(std::exchange(address_, nullptr));
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
  // because a proxy tells its client only later. Where the address is past its share, the handshake
  // counts no more among those of the process.
  // returns: admitted, address_full or address_too_fast; the ticket then still holds its place in
  // the process.
  Verdict count_for(const std::string& address, std::uint64_t now_ms, Ticket& ticket);
  // Whether `address` may make one more request on a connection that is counted already. A request is
  // counted as a handshake.
  bool admits_request(const std::string& address, std::uint64_t now_ms) {
    return addresses_.take(address, now_ms);
  }
  // Whether a user whose token is good may open one more connection now.
  bool admits_user(std::string_view user, std::uint64_t now_ms) {
    return users_.take(user, now_ms);
  }

  // From now on nobody is admitted, or connections are admitted again: whoever watches the memory
  // says so.
  void shed(bool memory_is_full) { memory_full_.store(memory_is_full, std::memory_order_relaxed); }

  std::size_t connections() const;
  // The users being looked up by AuthManagers.
  base::Slots& authentications() { return authentications_; }
  const base::Slots& authentications() const { return authentications_; }

 private:
  void give_back(const std::string* address);
  void uncount(const std::string* address);
  void forget(const std::string* address) MICROFRAME_REQUIRES(mutex_);
  bool takes_place(const std::string& address, Ticket& ticket) MICROFRAME_EXCLUDES(mutex_);

  const std::size_t connections_max_;
  const std::size_t per_address_max_;
  const double handshakes_per_second_;
  const double handshakes_burst_;
  RateTable addresses_;
  RateTable users_;
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
