// Leaves: the leaves of one member that other loops have made and the member's own loop has not
// heard of yet. Threading: guarded by the lock of the member's user.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ref.hpp"
#include "hub/room.hpp"

namespace microframe::hub {

class Leaves {
 public:
  // returns: the leave's number.
  // errors: std::bad_alloc; then nothing has changed.
  std::uint64_t add(const base::Ref<Room>& room);
  // Takes back the leave that was added last.
  void take_back() { under_way_.pop_back(); }
  // Ends the leave with that number.
  // returns: false if it has ended already.
  bool end(std::uint64_t number);
  // Ends the first leave of that room, or of any, if there is one.
  // returns: the room.
  base::Ref<Room> end_of(std::string_view room);
  base::Ref<Room> end_first();
  bool are_under_way_of(const Room& room) const;

 private:
  struct Leave {
    base::Ref<Room> room;
    std::uint64_t number;
  };

  std::vector<Leave> under_way_;
  std::uint64_t added_ = 0;  // so far
};

}  // namespace microframe::hub
