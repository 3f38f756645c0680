// MemberSet: the members of a room, in no order: pointers in one table, probed one place after the
// other (Knuth, The Art of Computer Programming 3, 6.4, algorithms L and R). A node per member would
// cost three times the memory. Threading: none of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace microframe::hub {

class Member;

class MemberSet {
 public:
  // Puts in a member that is not in.
  // errors: std::bad_alloc; then nothing has changed.
  void insert(const Member& member);
  // Does nothing for a member that is not in. Needs no memory.
  void erase(const Member& member);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Member* member : places_) {
      if (member) visit(*member);
    }
  }
  template <class Test>
  bool any_of(Test&& test) const {
    return std::any_of(places_.begin(), places_.end(),
                       [&](const Member* member) { return member && test(*member); });
  }

 private:
  static constexpr std::size_t kPlacesMin = 4;

  std::size_t home(const Member* member) const;
  std::size_t next(std::size_t place) const { return (place + 1) & (places_.size() - 1); }
  void put(const Member* member);
  void resize(std::size_t places);

  std::vector<const Member*> places_;  // a power of two, an eighth to three quarters full; or none
  std::size_t size_ = 0;
};

}  // namespace microframe::hub
