#include "hub/member.hpp"

#include <algorithm>

#include "hub/room.hpp"

namespace microframe::hub {

Member::Member(std::string user, std::size_t loop)
    : user_(std::move(user)), loop_(static_cast<std::uint32_t>(loop)) {}

Member::~Member() = default;

bool Member::is_in(const Room& room) const {
  return std::any_of(rooms_.begin(), rooms_.end(),
                     [&](const base::Ref<Room>& one) { return one.get() == &room; });
}

bool Member::is_leaving(const Room& room) const {
  return leaves_ && std::any_of(leaves_->under_way.begin(), leaves_->under_way.end(),
                                [&](const Leaving& one) { return one.room.get() == &room; });
}

}  // namespace microframe::hub
