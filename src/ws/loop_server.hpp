// LoopServer: accepts what is served on one loop, and empties the loop when the server stops.
// Threading: its loop; made and destroyed while the loop stands still.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "net/listener.hpp"
#include "ws/loop_context.hpp"
#include "ws/sweeper.hpp"

namespace microframe::ws {

class LoopServer final : private base::TimerNode {
 public:
  // index: of this loop among the site's. `loop` and `site` outlive it.
  LoopServer(net::Loop& loop, std::size_t index, Site& site) : context_(loop, index, site) {
    loop.measure_lag(site.counts.loop_lag);
  }

  LoopContext& context() { return context_; }
  void listen(net::ListenSocket socket, guard::Door door = guard::Door::served);

  // Stops listening and closes every connection with 1012, in batches, so that not all come back to
  // other servers at once; `done` is called when the last is gone, which is after
  // Limits::drain_time at the latest, when what is left is dropped. Once.
  void drain(std::function<void()> done);
  // Drops every open WebSocket, and every request that is under way, at once.
  void drop_all();

 private:
  void accept(int fd, const net::PeerAddress& peer);
  void accept_for_admin(int fd, const net::PeerAddress& peer);
  void drain_batch();
  void on_deadline(std::uint64_t now_ms) override;

  LoopContext context_;
  Sweeper sweeper_{context_};
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::uint64_t drain_ends_ms_ = 0;
  std::uint64_t last_batch_ms_ = 0;  // when all must have been told
};

}  // namespace microframe::ws
