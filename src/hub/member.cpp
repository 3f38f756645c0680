#include "hub/member.hpp"

#include "hub/room.hpp"

namespace microframe::hub {

Member::Member(std::string user, std::size_t loop)
    : user_(std::move(user)), loop_(static_cast<std::uint32_t>(loop)) {}

Member::~Member() = default;

}  // namespace microframe::hub
