// Turn: the message that a hook handles, as far as code must know it that the hook calls. Not for
// applications.
// Threading: one thread shows its turn; whoever holds a turn does so on that thread, but may be
// destroyed elsewhere.
#pragma once

#include <cstdint>
#include <utility>

namespace microframe::detail {

// Whose messages are handled, one after the other.
class TurnOwner {
 public:
  // Any thread.
  virtual void retain() const = 0;
  virtual void release() const = 0;
  // The number of the turn that lasts, which no other turn has; 0: none does.
  virtual std::uint64_t turn_number() const = 0;

 protected:
  ~TurnOwner() = default;
};

struct Turn {
  // Whether its message is still handled.
  bool lasts() const { return owner && owner->turn_number() == number; }

  TurnOwner* owner = nullptr;  // nullptr: no turn
  std::uint64_t number = 0;
};

// Which turn a thread shows.
class TurnSign {
 public:
  // Shows `turn` while the Scope lives, and then what was shown before. Where neither is one, which is
  // the rule, this costs a look.
  class Scope {
   public:
    Scope(TurnSign& sign, const Turn& turn) {
      if (!turn.owner && !sign.shown_.owner) return;
      sign_ = &sign;
      before_ = std::exchange(sign.shown_, turn);
    }
    ~Scope() {
      if (sign_) sign_->shown_ = before_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    TurnSign* sign_ = nullptr;
    Turn before_;
  };

  const Turn& shown() const { return shown_; }

 private:
  Turn shown_;
};

// A turn whose owner is retained: a coroutine waits that is a part of it.
class HeldTurn {
 public:
  HeldTurn() = default;
  explicit HeldTurn(const Turn& turn) : turn_(turn) {
    if (turn_.owner) turn_.owner->retain();
  }
  HeldTurn(const HeldTurn& other) : HeldTurn(other.turn_) {}
  HeldTurn(HeldTurn&& other) noexcept : turn_(std::exchange(other.turn_, {})) {}
  HeldTurn& operator=(HeldTurn other) noexcept {
    std::swap(turn_, other.turn_);
    return *this;
  }
  ~HeldTurn() {
    if (turn_.owner) turn_.owner->release();
  }

  // returns: no turn, where the message has been handled meanwhile.
  Turn get() const { return turn_.lasts() ? turn_ : Turn(); }

 private:
  Turn turn_;
};

}  // namespace microframe::detail
