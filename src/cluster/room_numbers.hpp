// RoomNumbers: the rooms that the users of a RemoteUsers are in, each with a number, and the users in
// each. No I/O, no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/block_set.hpp"

namespace microframe::cluster {

class RoomNumbers {
 public:
  // Makes room for one more user in a room, which gets a number if it has none.
  // errors: std::bad_alloc; then nothing has changed, except that a room may be numbered that is
  //         empty.
  std::uint32_t expect(std::string_view room);
  // block: a user's. After expect().
  void enter(std::uint32_t room, char* block) { rooms_[room].users.insert(block); }
  void leave(std::uint32_t room, const char* block);
  // Forgets the room if nobody is in it.
  void forget_if_empty(std::uint32_t room);

  const std::string& name(std::uint32_t room) const { return *rooms_[room].name; }
  template <class Visit>
  void for_each_user(std::string_view room, Visit&& visit) const {
    const auto found = numbers_.find(room);
    if (found != numbers_.end()) rooms_[found->second].users.for_each(visit);
  }
  // The rooms that somebody is in, appended to the result.
  void names(std::vector<std::string>& result) const;
  std::size_t count() const { return numbers_.size(); }
  std::size_t bytes() const;

 private:
  struct HashOfPlace {
    std::uint32_t operator()(const char* block) const;
  };
  struct Room {
    const std::string* name = nullptr;  // in numbers_; nullptr: the number is free
    BlockSet<HashOfPlace> users;
  };

  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::vector<Room> rooms_;
  std::vector<std::uint32_t> free_;  // has room for all numbers
};

}  // namespace microframe::cluster
