#include "ws/roster.hpp"

#include <cassert>

namespace microframe::ws {

Roster::~Roster() {
  while (last_) leave(*last_);
}

void Roster::enter(Resident& resident) {
  assert(resident.standing_ == Resident::Standing::absent);
  resident.standing_ = Resident::Standing::present;
  resident.previous_ = last_;
  if (last_) last_->next_ = &resident;
  last_ = &resident;
  ++counts_[static_cast<std::size_t>(resident.kind_)];
}

void Roster::leave(Resident& resident) {
  if (resident.standing_ == Resident::Standing::absent) return;
  resident.standing_ = Resident::Standing::absent;
  if (next_ == &resident) next_ = resident.previous_;
  if (last_ == &resident) last_ = resident.previous_;
  if (resident.previous_) resident.previous_->next_ = resident.next_;
  if (resident.next_) resident.next_->previous_ = resident.previous_;
  resident.previous_ = resident.next_ = nullptr;
  --counts_[static_cast<std::size_t>(resident.kind_)];
  resident.let_go();  // it may be gone
  tell_if_empty();
}

// --- out of memory ---

void Roster::condemn(Resident& resident) {
  if (resident.standing_ != Resident::Standing::present) return;
  resident.standing_ = Resident::Standing::condemned;
  if (std::exchange(drops_soon_, true)) return;
  try {
    loop_.post([this] { drop_condemned(); });
  } catch (const std::bad_alloc&) {
    loop_.wheel().arm(*this, loop_.now_ms());
  }
}

void Roster::on_deadline(std::uint64_t) {
  if (drops_soon_) drop_condemned();
  tell_if_empty();
}

// One that lacks memory for its end too is dropped again later.
void Roster::drop_condemned() {
  drops_soon_ = false;
  bool again = false;
  for (const auto kind : {Resident::Kind::http, Resident::Kind::device, Resident::Kind::proxy}) {
    visit(kind, [&](Resident& one) {
      if (!is_condemned(one)) return true;
      try {
        one.drop();
      } catch (const std::bad_alloc&) {
        again = true;
      }
      return true;
    });
  }
  if (!again || std::exchange(drops_soon_, true)) return;
  loop_.wheel().arm(*this, loop_.now_ms());
}

// --- empty ---

void Roster::when_empty(std::function<void()> told) {
  told_empty_ = std::move(told);
  tell_if_empty();
}

// Needs no memory in the end: what has left must not come to life again.
void Roster::tell_if_empty() {
  if (!told_empty_ || count(Resident::Kind::http) != 0 || count(Resident::Kind::device) != 0)
    return;
  try {
    loop_.post(told_empty_);  // whoever has left may still be on the stack
    told_empty_ = {};
  } catch (const std::bad_alloc&) {
    loop_.wheel().arm(*this, loop_.now_ms());
  }
}

}  // namespace microframe::ws
