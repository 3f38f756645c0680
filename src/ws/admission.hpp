// Admission: how many connections there are, in all and from each address. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace microframe::ws {

class Admission {
 public:
  enum class Verdict : unsigned char { admitted, process_full, address_full };

  // A place taken, given back on destruction. It must not outlive its Admission.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), address_(std::move(other.address_)) {}
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
    Ticket(Admission* admission, std::string address) : admission_(admission), address_(std::move(address)) {}
    Admission* admission_ = nullptr;
    std::string address_;
  };

  // A bound of 0 is none.
  Admission(std::size_t connections_max, std::size_t per_address_max)
      : connections_max_(connections_max), per_address_max_(per_address_max) {}

  // Takes a place for a connection from `address` (an IP address without its port, or "unix").
  std::pair<Verdict, Ticket> admit(std::string address);
  std::size_t connections() const;

 private:
  void give_back(const std::string& address);

  const std::size_t connections_max_;
  const std::size_t per_address_max_;
  mutable std::mutex mutex_;
  std::size_t connections_ = 0;
  std::unordered_map<std::string, std::size_t> by_address_;
};

}  // namespace microframe::ws
