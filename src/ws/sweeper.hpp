// Sweeper: has the rooms of a server let go of what they have kept too long, now and then, some rooms
// at a time, so that the others on its loop do not wait. Threading: its loop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/timer_wheel.hpp"
#include "hub/hub.hpp"
#include "hub/room_table.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_context.hpp"

namespace microframe::ws {

class Sweeper final : private base::TimerNode {
 public:
  // context: outlives it.
  explicit Sweeper(LoopContext& context) : context_(context) {}

  void begin() { context_.loop.wheel().arm(*this, context_.loop.now_ms() + kEveryMs); }

 private:
  static constexpr std::uint64_t kEveryMs = 5'000;

  void on_deadline(std::uint64_t now_ms) override {
    if (context_.roster.is_closing()) return;
    const bool has_more = sweep_some();
    context_.loop.wheel().arm(*this, has_more ? now_ms : now_ms + kEveryMs);
  }
  // returns: whether there is more of this sweep.
  bool sweep_some() {
    const auto& endpoints = context_.settings.routes.endpoints;
    if (endpoint_ == endpoints.size()) {
      endpoint_ = 0;
    } else if (!endpoints[endpoint_]->hub().expire_some(sweep_)) {
      ++endpoint_;
      sweep_ = {};
    }
    return endpoint_ != endpoints.size();
  }

  LoopContext& context_;
  std::size_t endpoint_ = 0;
  hub::RoomTable::Sweep sweep_;
};

}  // namespace microframe::ws
