#include "hub/member.hpp"

#include <algorithm>
#include <utility>

namespace microframe::hub {

Member::Member(std::string user, std::size_t loop) : Receiver(std::move(user), loop) {}

Member::~Member() = default;

base::Ref<Room>* Member::find_room(std::string_view name) {
  const auto found = std::find_if(rooms_.begin(), rooms_.end(), [&](const base::Ref<Room>& room) {
    return room->name() == name;
  });
  return found == rooms_.end() ? nullptr : found;
}

bool Member::is_in(const Room& room) const {
  return std::any_of(rooms_.begin(), rooms_.end(),
                     [&](const base::Ref<Room>& one) { return one.get() == &room; });
}

Leaves& Member::make_leaves() {
  if (!leaves_) leaves_ = std::make_unique<Leaves>();
  return *leaves_;
}

}  // namespace microframe::hub
