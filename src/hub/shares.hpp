// Shares: how many rooms of a hub each user has made that are still there. A user may make so many.
// Threading: any thread. Lock order: the lock of a part of the table of rooms, then a user's share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "hub/stripes.hpp"

namespace microframe::hub {

class Shares {
 private:
  struct Counted {
    Stripe<std::size_t>* part = nullptr;
    const std::string* user = nullptr;  // the table's; it stays in place as long as it is counted
  };

 public:
  // One that is taken, and given back on destruction. It must not outlive its Shares.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : counted_(std::exchange(other.counted_, {})) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(counted_, other.counted_);
      return *this;
    }
    ~Place();
    explicit operator bool() const { return counted_.part != nullptr; }

   private:
    friend class Shares;
    explicit Place(Counted counted) : counted_(counted) {}
    Counted counted_;
  };

  explicit Shares(std::size_t max) : max_(max) {}

  // returns: none if the user has as many as it may.
  // errors: std::bad_alloc; then nothing has changed.
  Place take(std::string_view user);

 private:
  const std::size_t max_;
  Stripes<std::size_t> counts_;
};

}  // namespace microframe::hub
