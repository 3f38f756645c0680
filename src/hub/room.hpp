// Room: a named set of members. It is made for the first member and forgotten after the last.
#pragma once

#include <string>
#include <unordered_set>

#include "base/ref.hpp"
#include "hub/member.hpp"
#include "hub/seating.hpp"

namespace microframe::hub {

class Room : public base::RefCounted {
 public:
  Room(std::string name, std::size_t loops) : name_(std::move(name)), seating_(loops) {}

  const std::string& name() const { return name_; }
  Seating& seating() { return seating_; }
  // The members of every loop. Guarded by the room's lock in the hub.
  std::unordered_set<const Member*>& members() { return members_; }

 private:
  const std::string name_;
  Seating seating_;
  std::unordered_set<const Member*> members_;
};

}  // namespace microframe::hub
