// LoopServer: everything served on one loop: its listeners, the streams that are still talking
// HTTP, the open WebSockets. Threading: its loop, but for run(); made and destroyed while the loop
// stands still.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/ref.hpp"
#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "hub/loop_port.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "ws/loop_deflate.hpp"

namespace microframe::ws {

class HttpSession;
class ProxySession;
class ServerConnection;
struct Resumption;
class Site;

class LoopServer final : public hub::LoopPort, private base::TimerNode {
 public:
  // index: of this loop among the site's. `loop` and `site` outlive it.
  LoopServer(net::Loop& loop, std::size_t index, Site& site);
  ~LoopServer() override;

  void listen(net::ListenSocket socket);

  net::Loop& loop() { return loop_; }
  std::size_t index() const { return index_; }
  Site& site() { return site_; }
  LoopDeflate& deflate() { return deflate_; }

  // hub::LoopPort
  bool is_current() const override { return loop_.is_current(); }
  void post(std::function<void()> task) override { loop_.post(std::move(task)); }
  void post_behind(std::function<void()> task) override { loop_.post_behind(std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    loop_.after(delay, std::move(task));
  }
  // Runs `task` at once if the caller is on this loop, else posts it. Any thread.
  void run(std::function<void()> task);

  void adopt(base::Ref<ServerConnection> connection);
  // Begins a session on a stream that came for another.
  void open(Resumption resumption);
  void forget(ServerConnection& connection);
  void forget(HttpSession& session);
  void forget(ProxySession& session);

  // Goes on with a connection whose stream begins now, and whose peer is the client or a proxy that
  // names it in the request. Throws nothing.
  void identify(guard::Arrival arrival);

  // Stops listening and closes every connection with 1012, in batches, so that not all come back to
  // other servers at once; `done` is called when the last is gone, which is after
  // Limits::drain_time at the latest, when what is left is dropped. Once.
  void drain(std::function<void()> done);
  // Drops every open WebSocket at once.
  void drop_all();

 private:
  template <class Action>
  void take_in(Action&& action);
  void drain_batch();
  void sweep();
  void accept(int fd, const net::PeerAddress& peer);
  void begin(guard::Arrival arrival);
  void on_deadline(std::uint64_t now_ms) override;
  void tell_if_empty();

  net::Loop& loop_;
  const std::size_t index_;
  Site& site_;
  LoopDeflate deflate_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::vector<std::unique_ptr<ProxySession>> proxy_sessions_;
  std::vector<std::unique_ptr<HttpSession>> sessions_;
  std::vector<base::Ref<ServerConnection>> connections_;
  std::function<void()> drained_;  // while it drains
  std::uint64_t drain_ends_ms_ = 0;
  std::uint64_t last_batch_ms_ = 0;  // when all are to have been told
};

}  // namespace microframe::ws
