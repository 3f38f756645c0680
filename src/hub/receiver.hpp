// Receiver: a sink with a name, which is seated among others and receives what they are sent.
// Threading: reference counted, held from any thread; its seats belong to its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/few.hpp"
#include "base/ref.hpp"
#include "hub/sink.hpp"

namespace microframe::hub {

class Seating;

class Receiver : public base::RefCounted, public Sink {
 public:
  const std::string& user() const { return user_; }
  // The index of the loop it lives on, among those the hub was made with.
  std::size_t loop() const { return loop_; }
  // The name of its session; "" for a receiver that has none: such a receiver is told nothing of
  // presence. Never changes.
  virtual std::string_view session() const { return {}; }
  bool has_session() const { return !session().empty(); }
  // Its name in presence: short, so that the text needs no memory.
  virtual std::string device() const { return {}; }

  // For Seating alone: the places in its lists, on this loop.
  struct Seat {
    Seating* seating;
    std::uint32_t index;
  };
  using Seats = base::Few<Seat, 2>;  // among everyone, and in one room
  Seats& seats() { return seats_; }

 protected:
  Receiver(std::string user, std::size_t loop)
      : user_(std::move(user)), loop_(static_cast<std::uint32_t>(loop)) {}

 private:
  const std::string user_;
  Seats seats_;
  const std::uint32_t loop_;  // last: what derives begins in the padding
};

}  // namespace microframe::hub
