// Delivery: a frame on its way to those who are seated somewhere, and whom of them it is for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/frame.hpp"
#include "base/ref.hpp"
#include "hub/receiver.hpp"

namespace microframe::hub {

// Whom a delivery leaves out.
struct Exclusion {
  std::vector<std::string> users;
  base::Ref<Receiver> device;
  std::string session;  // the name of one that may be on another node; as name_of() has it

  bool empty() const { return users.empty() && !device && session.empty(); }
  // What other nodes know the device by: its session's name, or its own where it has none.
  static std::string name_of(const Receiver& device);
  bool covers(const Receiver& receiver) const;
};

enum class Audience : bool { all, sessions };

struct Delivery {
  // number: among all deliveries of the room; 0 where the room numbers none.
  Delivery(base::Frame what, Exclusion left_out, Audience whom = Audience::all,
           std::uint64_t number = 0)
      : frame(std::move(what)), exclusion(std::move(left_out)), audience(whom), sequence(number) {}

  bool is_for(const Receiver& receiver) const {
    if (audience == Audience::sessions && !receiver.has_session()) return false;
    return exclusion.empty() || !exclusion.covers(receiver);
  }

  void give(Receiver& receiver) const {
    if (!mark) return receiver.deliver(frame);
    receiver.deliver_marked(frame, mark);
  }

  // Gives the frame a count of references of its own, if that pays for so many receivers: for a
  // delivery that has come to a loop from another. Without memory for a copy, the count stays
  // shared.
  void part_from_others(std::size_t receivers);

  base::Frame frame;
  Exclusion exclusion;
  Audience audience;
  std::uint64_t sequence;
  Mark mark;
};

}  // namespace microframe::hub
