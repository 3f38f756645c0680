// TimerWheel: deadlines of many objects, cheap to arm, move and cancel, a tick late at most. Time
// is an argument. A hashed wheel (Varghese and Lauck, 1987): a deadline beyond one turn stays in
// its slot and is looked at once a turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace microframe::base {

class TimerWheel;

// One deadline of an object, in at most one wheel. Its address must not change while it is armed.
// Cancels itself when destroyed.
class TimerNode {
 public:
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;

  // The deadline has come; the node is no longer armed. May arm, cancel or destroy any node, this
  // one too.
  virtual void on_deadline(std::uint64_t now_ms) = 0;

 protected:
  TimerNode() = default;
  virtual ~TimerNode();

 private:
  friend class TimerWheel;
  void link_before(TimerNode& next);
  void unlink();

  TimerNode* previous_ = nullptr;
  TimerNode* next_ = nullptr;
  std::uint64_t deadline_ms_ = 0;
  TimerWheel* wheel_ = nullptr;
};

class TimerWheel {
 public:
  static constexpr std::uint64_t kTickMs = 100;

  TimerWheel();
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Sets the node's deadline, in place of an earlier one.
  void arm(TimerNode& node, std::uint64_t deadline_ms);
  void cancel(TimerNode& node);
  // Calls on_deadline of every node whose deadline is at or before `now_ms`. Time never goes back.
  void advance(std::uint64_t now_ms);

  bool empty() const { return armed_ == 0; }
  std::size_t size() const { return armed_; }

 private:
  friend class TimerNode;
  static constexpr std::size_t kSlots = 256;
  struct Head final : TimerNode {
    void on_deadline(std::uint64_t) override {}
  };

  Head& slot(std::uint64_t tick) { return slots_[tick % kSlots]; }
  void fire_slot(Head& head, std::uint64_t now_ms);

  std::array<Head, kSlots> slots_;
  std::uint64_t tick_ = 0;  // all before it have fired
  std::size_t armed_ = 0;
};

}  // namespace microframe::base
