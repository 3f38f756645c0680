// ProxySession: a connection from accept until the PROXY header that it must begin with has been
// read. Threading: its loop. Owned by its LoopServer.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "net/preface.hpp"

namespace microframe::ws {

class LoopServer;

class ProxySession final : private net::PrefaceEvents, private base::TimerNode {
 public:
  // arrival: from a trusted proxy.
  ProxySession(LoopServer& server, guard::Arrival arrival);

 private:
  friend class LoopServer;

  // net::PrefaceEvents
  void on_preface(base::Bytes so_far) override;
  void on_preface_end(bool empty) override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;

  // Every way into it from the loop: where memory runs out, the stream is dropped. `this` may be
  // gone after.
  template <class Action>
  void guarded(Action&& action);
  void read(base::Bytes so_far);
  void drop(guard::Rejection why, std::string_view detail);

  LoopServer& server_;
  guard::Arrival arrival_;
  net::Preface preface_;
  std::size_t roster_index_ = 0;
};

}  // namespace microframe::ws
