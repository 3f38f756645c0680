// RoomWishes: the rooms that a hub has opened and closed, in that order, whatever threads it did so on:
// posts of several threads may overtake each other. Threading: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "hub/room_policy.hpp"

namespace microframe::cluster {

class RoomWishes {
 public:
  struct Wish {
    std::string room;
    std::optional<hub::RoomPolicy> policy;  // nullopt: the room has closed
    std::uint64_t opening = 0;              // as Elsewhere::open() has it
  };

  // returns: whether it is the first since take().
  bool add(Wish wish) {
    const base::Lock lock(mutex_);
    wishes_.push_back(std::move(wish));
    return wishes_.size() == 1;
  }
  std::vector<Wish> take() {
    const base::Lock lock(mutex_);
    return std::exchange(wishes_, {});
  }

 private:
  base::Mutex mutex_;
  std::vector<Wish> wishes_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::cluster
