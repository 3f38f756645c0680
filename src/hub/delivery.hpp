// Delivery: a frame on its way to those who are seated somewhere, and whom of them it is for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/frame.hpp"
#include "base/ref.hpp"
#include "hub/member.hpp"

namespace microframe::hub {

// Whom a delivery leaves out.
struct Exclusion {
  std::vector<std::string> users;
  base::Ref<Member> device;

  bool empty() const { return users.empty() && !device; }
  bool covers(const Member& member) const;
};

enum class Audience : bool { all, sessions };

struct Delivery {
  // sequence: its number among all of its room; 0 where the room has none.
  Delivery(base::Frame what, Exclusion left_out, Audience whom = Audience::all,
           std::uint64_t number = 0)
      : frame(std::move(what)), exclusion(std::move(left_out)), audience(whom), sequence(number) {}

  bool is_for(const Member& member) const {
    if (audience == Audience::sessions && !member.has_session()) return false;
    return exclusion.empty() || !exclusion.covers(member);
  }

  // Has a count of references of its own, if that pays for so many receivers: for a delivery that
  // has come to a loop from another. Without memory for it, it does not.
  void part_from_others(std::size_t receivers);

  base::Frame frame;
  Exclusion exclusion;
  Audience audience;
  std::uint64_t sequence;
};

}  // namespace microframe::hub
