// LoopSite: a server of one loop, without a port: connections come by socket pairs, hooks note in a
// journal what happens to them, and deadlines pass when the test says so.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "microframe/ws.hpp"
#include "microframe/ws/route.hpp"
#include "support/on_loop.hpp"
#include "support/raw_client.hpp"
#include "unit/ws/journal.hpp"
#include "ws/loop_server.hpp"
#include "ws/proxy_session.hpp"
#include "ws/site.hpp"

namespace test {

inline constexpr std::chrono::hours kHour{1};

// Limits of time that no test reaches by itself.
inline microframe::Limits patient_limits() {
  microframe::Limits limits;
  limits.tls_handshake_time = limits.head_time = limits.auth_time = kHour;
  limits.outbox_time = limits.closing_time = limits.drain_time = kHour;
  limits.ping_interval = std::chrono::milliseconds(0);
  limits.session_ttl = kHour;
  limits.handshakes_per_user_per_second = 0;
  return limits;
}

inline microframe::net::PeerAddress peer(std::string_view ip, std::uint16_t port = 5000) {
  return {*microframe::base::IpAddress::parse(ip), port};
}

// Both ends of a stream: ours does not block, the peer's does.
struct SocketPair {
  SocketPair() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
      throw std::runtime_error("socketpair");
    ours = microframe::net::Descriptor(pair[0]);
    far = pair[1];
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
  }
  microframe::net::Descriptor ours;
  int far;
};

// More bytes than the kernel takes of a socket pair at once.
inline constexpr std::size_t kOverKernel = 4 << 20;

// The endpoint of most tests. Its messages say what the hook does: {"do":"echo"|"wait"|"throw"}.
class JournalChat : public microframe::ws::ChatBase {
 public:
  using WebSocket = microframe::ws::WebSocket;
  using UserId = microframe::ws::UserId;
  // What hooks and test share; it outlives the server. All but the journal are the loop's.
  struct Notes {
    Journal journal;
    Gate gate;
    std::vector<WebSocket> handles;  // of on_connect, in their order
    bool disconnect_waits = false;
  };

  explicit JournalChat(Notes& notes) : notes_(notes) {}

  void on_connect(WebSocket& socket, const UserId& user) {
    notes_.handles.push_back(socket);
    notes_.journal.note((socket.resumed() ? "again " : "connect ") + user);
  }
  microframe::Task<> on_message(WebSocket& socket, const UserId&, const microframe::Json& message) {
    const std::string what = microframe::text(message, "do");
    notes_.journal.note(what);
    if (what == "throw") throw std::runtime_error("thrown");
    if (what == "wait") {
      Gate::Wait wait(notes_.gate);
      co_await wait;
      notes_.journal.note("waited");
    }
    if (what == "echo") socket.send(message);
  }
  microframe::Task<> on_disconnect(WebSocket&, const UserId&,
                                   const microframe::ws::DisconnectReason& reason) {
    notes_.journal.note("disconnect " + std::string(to_string(reason.cause)) + " " +
                        std::to_string(reason.code) + " " + reason.text);
    if (notes_.disconnect_waits) {
      Gate::Wait wait(notes_.gate);
      co_await wait;
      notes_.journal.note("disconnected");
    }
  }
  bool can_join(WebSocket&, const UserId&, const std::string& room) { return room != "closed"; }
  void on_session_expired(WebSocket&, const UserId& user) {
    notes_.journal.note("expired " + user);
  }

 private:
  Notes& notes_;
};

class LoopSite {
 public:
  explicit LoopSite(const microframe::Limits& limits = patient_limits(),
                    const microframe::Compression& compression = {},
                    const microframe::TrustedProxies& proxies = {})
      : site(limits, compression, proxies), server_(loop, 0, site) {}
  ~LoopSite() {
    if (!thread_.joinable()) return;
    on_loop([this] {
      notes.handles.clear();
      server_.drop_all();
    });
    loop.stop();
    thread_.join();
  }
  LoopSite(const LoopSite&) = delete;
  LoopSite& operator=(const LoopSite&) = delete;

  // --- before start()
  static microframe::authx::AuthConfig auth() {
    return microframe::authx::AuthConfig("a secret of 32 bytes or even more");
  }
  microframe::ws::Endpoint& route(microframe::WebSocketRoute route) {
    auto& endpoints = site.settings.routes.endpoints;
    endpoints.push_back(std::make_unique<microframe::ws::Endpoint>(std::move(route).take()));
    return *endpoints.back();
  }
  // A JournalChat at /ws.
  JournalChat& add_chat(microframe::authx::AuthManager* users = nullptr,
                        const microframe::authx::AuthConfig& config = auth()) {
    auto chat = std::make_unique<JournalChat>(notes);
    JournalChat& added = *chat;
    route(microframe::WebSocketRoute("/ws", std::move(chat), config, users));
    return added;
  }
  void start() {
    for (const auto& endpoint : site.settings.routes.endpoints)
      endpoint->open({&context()}, site.settings.limits, site.settings.rooms, site.registries,
                     site.counts);
    thread_ = std::thread([this] { loop.run(); });
  }

  // --- then
  microframe::ws::LoopContext& context() { return server_.context(); }
  microframe::ws::LoopServer& server() { return server_; }
  microframe::ws::Endpoint& endpoint() { return *site.settings.routes.endpoints.front(); }
  void on_loop(const std::function<void()>& action) { test::on_loop(loop, action); }
  // Waits until the loop has done all that it has to do now.
  void settle() {
    for (int i = 0; i < 3; ++i) on_loop([] {});
  }
  // Lets time pass, but for deadlines only: those that are set later are reckoned from the time as
  // it is, and so may have passed when this is called again.
  void pass(std::chrono::milliseconds time) {
    on_loop([&] {
      passed_ += time;
      context().loop.wheel().advance(context().in_ms(passed_));
    });
  }
  // A connection is accepted, as LoopServer does.
  RawClient connect(const microframe::net::PeerAddress& from = peer("192.0.2.1")) {
    SocketPair pair;
    on_loop([&] {
      auto [verdict, ticket] = site.registries.admission.admit(loop.now_ms());
      take_in({std::move(pair.ours), from, verdict, std::move(ticket)});
    });
    return RawClient::adopt(pair.far);
  }
  // The same with another verdict.
  RawClient connect(microframe::guard::Admission::Verdict verdict) {
    SocketPair pair;
    on_loop([&] { take_in({std::move(pair.ours), peer("192.0.2.1"), verdict, {}}); });
    return RawClient::adopt(pair.far);
  }
  void open_gate() {
    on_loop([this] { notes.gate.open(); });
  }
  std::uint64_t rejections(microframe::guard::Rejection why) const {
    return site.counts.rejections.count(why);
  }
  std::size_t count(microframe::ws::Resident::Kind kind) {
    std::size_t found = 0;
    on_loop([&] { found = context().roster.count(kind); });
    return found;
  }

  JournalChat::Notes notes;
  Journal& journal = notes.journal;
  microframe::ws::Site site;
  microframe::net::Loop loop;

 private:
  void take_in(microframe::guard::Arrival arrival) {
    microframe::ws::ProxySession::take_in(context(), std::move(arrival));
  }

  std::chrono::milliseconds passed_{0};
  microframe::ws::LoopServer server_;
  std::thread thread_;
};

// A token of the endpoints that LoopSite::auth() is the configuration of.
inline std::string token_of(std::string_view user) {
  return microframe::authx::create_access_token(LoopSite::auth(), user);
}

}  // namespace test
