#include "hub/member_set.hpp"

#include <bit>
#include <cstdint>
#include <new>

namespace microframe::hub {

void MemberSet::insert(const Member& member) {
  if ((size_ + 1) * 4 > places_.size() * 3) resize(std::max(kPlacesMin, places_.size() * 2));
  put(&member);
  ++size_;
}

void MemberSet::erase(const Member& member) {
  if (places_.empty()) return;
  std::size_t hole = home(&member);
  while (places_[hole] != &member) {
    if (!places_[hole]) return;
    hole = next(hole);
  }
  // The members that follow without a gap move up, unless their home lies behind the hole: nobody
  // would find them there.
  for (std::size_t at = next(hole); places_[at]; at = next(at)) {
    const std::size_t mask = places_.size() - 1;
    if (((at - home(places_[at])) & mask) < ((at - hole) & mask)) continue;
    places_[hole] = places_[at];
    hole = at;
  }
  places_[hole] = nullptr;
  --size_;
  if (places_.size() == kPlacesMin || size_ * 8 >= places_.size()) return;
  try {
    resize(places_.size() / 2);  // so that a walk costs no more than there are members
  } catch (const std::bad_alloc&) {
  }
}

// The low bits of an address differ little, and the high ones less.
std::size_t MemberSet::home(const Member* member) const {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  const std::uint64_t mixed = std::bit_cast<std::uintptr_t>(member) * kGolden;
  return mixed >> (64 - std::countr_zero(places_.size()));
}

void MemberSet::put(const Member* member) {
  std::size_t place = home(member);
  while (places_[place]) place = next(place);
  places_[place] = member;
}

void MemberSet::resize(std::size_t places) {
  std::vector<const Member*> old(places);
  old.swap(places_);
  for (const Member* member : old) {
    if (member) put(member);
  }
}

}  // namespace microframe::hub
