#include "hub/leaves.hpp"

#include <algorithm>

namespace microframe::hub {

std::uint64_t Leaves::add(const base::Ref<Room>& room) {
  under_way_.push_back({room, ++added_});
  return added_;
}

bool Leaves::end(std::uint64_t number) {
  return std::erase_if(under_way_, [&](const Leave& one) { return one.number == number; }) != 0;
}

base::Ref<Room> Leaves::end_of(std::string_view room) {
  const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](const Leave& one) { return one.room->name() == room; });
  if (found == under_way_.end()) return {};
  base::Ref<Room> left = found->room;
  under_way_.erase(found);
  return left;
}

base::Ref<Room> Leaves::end_first() {
  if (under_way_.empty()) return {};
  base::Ref<Room> left = under_way_.front().room;
  under_way_.erase(under_way_.begin());
  return left;
}

bool Leaves::are_under_way_of(const Room& room) const {
  return std::any_of(under_way_.begin(), under_way_.end(),
                     [&](const Leave& one) { return one.room.get() == &room; });
}

}  // namespace microframe::hub
