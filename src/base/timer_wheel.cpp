#include "base/timer_wheel.hpp"

#include <algorithm>

namespace microframe::base {

TimerNode::~TimerNode() {
  if (wheel_) wheel_->cancel(*this);
}

void TimerNode::link_before(TimerNode& next) {
  previous_ = next.previous_;
  next_ = &next;
  previous_->next_ = this;
  next.previous_ = this;
}

void TimerNode::unlink() {
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

TimerWheel::TimerWheel() {
  for (Head& head : slots_) head.previous_ = head.next_ = &head;
}

TimerWheel::~TimerWheel() {
  for (Head& head : slots_) {
    while (head.next_ != &head) cancel(*head.next_);
  }
}

void TimerWheel::arm(TimerNode& node, std::uint64_t deadline_ms) {
  cancel(node);
  node.deadline_ms_ = deadline_ms;
  node.wheel_ = this;
  // The tick after the deadline: never early.
  node.link_before(slot(std::max(deadline_ms / kTickMs + 1, tick_)));
  ++armed_;
}

void TimerWheel::cancel(TimerNode& node) {
  if (!node.wheel_) return;
  node.unlink();
  node.wheel_ = nullptr;
  --armed_;
}

void TimerWheel::advance(std::uint64_t now_ms) {
  const std::uint64_t now_tick = now_ms / kTickMs;
  if (now_tick < tick_) return;
  const std::uint64_t slots = std::min<std::uint64_t>(now_tick - tick_ + 1, kSlots);
  // A node armed while firing goes to a later tick than this one.
  tick_ = now_tick + 1;
  for (std::uint64_t i = 0; i < slots; ++i)
    fire_slot(slot(now_tick + 1 + kSlots - slots + i), now_ms);
}

// A marker walks the slot, so that any node may come or go while one fires. It stops where the slot
// ended: after a whole turn a later tick may be this same slot, and a node that is armed again at
// once would never let it go.
void TimerWheel::fire_slot(Head& head, std::uint64_t now_ms) {
  Head marker;
  marker.previous_ = marker.next_ = &marker;
  marker.link_before(*head.next_);
  Head end;
  end.previous_ = end.next_ = &end;
  end.link_before(head);
  while (marker.next_ != &end) {
    TimerNode& node = *marker.next_;
    marker.unlink();
    marker.link_before(*node.next_);
    if (node.deadline_ms_ > now_ms) continue;
    cancel(node);
    node.on_deadline(now_ms);
  }
  marker.unlink();
  end.unlink();
}

}  // namespace microframe::base
