// ProxySession: a connection from accept until the PROXY header that it must begin with has been
// read. Threading: its loop. Held by the roster of its loop.
#pragma once

#include <string_view>

#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "net/preface.hpp"
#include "ws/loop_context.hpp"
#include "ws/roster.hpp"

namespace microframe::ws {

class ProxySession final : public Resident, private net::PrefaceEvents, private base::TimerNode {
 public:
  // Begins with a connection that was accepted: by its PROXY header where one is expected, else by
  // its first HTTP request.
  static void take_in(LoopContext& context, guard::Arrival arrival);

  // Resident
  void drop() override { context_.roster.leave(*this); }

 private:
  // arrival: from a trusted proxy.
  ProxySession(LoopContext& context, guard::Arrival arrival);

  // Resident
  void let_go() override { delete this; }
  // net::PrefaceEvents
  void on_preface(base::Bytes so_far) override;
  void on_preface_end(bool empty) override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;

  void read(base::Bytes so_far);
  void refuse(guard::Rejection why, std::string_view detail);

  LoopContext& context_;
  guard::Arrival arrival_;
  net::Preface preface_;
};

}  // namespace microframe::ws
