// ServerConnection: one open WebSocket on the server: the protocol over a socket, feeding hooks and hub.
// It has two lives. The session (users, rooms, hooks) begins at open() and ends with leave(), at the first
// Close, failure or loss. The stream goes on until the closing handshake is done or late. It is forgotten
// when both have ended. Threading: its loop, but for the methods under "Any thread"; counted, held by its
// LoopServer and by every handle.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authx/authenticator.hpp"
#include "base/timer_wheel.hpp"
#include "hub/member.hpp"
#include "microframe/ws/disconnect.hpp"
#include "microframe/ws/websocket.hpp"
#include "net/address.hpp"
#include "net/socket.hpp"
#include "proto/connection.hpp"
#include "ws/admission.hpp"
#include "ws/hook_runner.hpp"
#include "ws/rate_limit.hpp"
#include "ws/rejection.hpp"

namespace microframe::ws {

class Endpoint;
class LoopServer;

class ServerConnection final : public hub::Member,
                               private net::SocketEvents,
                               private HookHost,
                               private base::TimerNode {
 public:
  // What the handshake found out.
  struct Opening {
    Endpoint* endpoint;
    authx::Claims claims;
    std::string subprotocol;  // "" also where the token's was echoed
    net::PeerAddress peer;
    Admission::Ticket ticket;
  };

  ServerConnection(LoopServer& server, Opening opening);

  // Begins the session on the stream `socket`, over which the handshake's answer is already on its way, and
  // reads `early`, what came after the request.
  void open(std::unique_ptr<net::Socket> socket, base::MutableBytes early);

  // Sends our Close and ends the session. Does nothing unless open.
  void close(proto::CloseCode code, std::string_view reason, DisconnectCause cause);
  // Drops the stream, and ends the session if a Close has not yet. Hooks that wait are abandoned.
  void drop();

  // Any thread.
  bool is_open() const { return phase_.load(std::memory_order_acquire) == Phase::open; }
  bool send(const base::SharedBuffer& frame);
  void request_close(proto::CloseCode code, std::string_view reason);
  bool refresh_token(std::string_view token);
  std::uint64_t id() const { return id_; }
  const Json& claims() const { return claims_; }
  std::chrono::system_clock::time_point expires() const;
  std::string remote_address() const { return net::to_string(peer_); }
  const std::string& subprotocol() const { return subprotocol_; }
  Endpoint& endpoint() const { return endpoint_; }

 private:
  friend class LoopServer;

  enum class Phase : std::uint8_t {
    opening,
    open,
    closing,  // a Close has gone out; the session has ended; the stream ends soon
    closed,   // the stream has ended
  };

  // hub::Sink
  void deliver(const base::SharedBuffer& frame) override;
  // net::SocketEvents
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override {}
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;
  // HookHost
  const detail::Hooks& hooks() const override;
  void* handler() const override;
  WebSocket& handle() override { return *handle_; }
  const UserId& user_id() const override { return user(); }
  void on_bad_message(std::string_view word, std::string_view detail) override;
  void on_hook_failed(std::string_view hook, std::string_view what) override;
  void on_hooks_idle() override;
  void on_hooks_ended() override;

  void read(base::MutableBytes bytes);
  void handle_event(const proto::Event& event);
  void handle_peer_close(const proto::Event& event);
  void handle_failure(const proto::Event& event);
  void answer_ping(const proto::Event& event);
  bool within_rate();
  void send_control(const proto::ControlFrame& frame);
  void begin_closing();
  void leave(DisconnectReason reason);
  void stream_ended();
  void forget_if_done();
  void arm_expiry();
  std::chrono::system_clock::time_point ends() const;
  void reject(Rejection why, std::string_view detail);

  // A delivery reads these four: side by side.
  LoopServer& server_;
  std::unique_ptr<net::Socket> socket_;  // until the stream has ended
  std::atomic<Phase> phase_{Phase::opening};
  bool overflowed_ = false;

  bool session_ended_ = false;
  bool pong_waits_ = false;  // a pong is held up behind a full socket
  Endpoint& endpoint_;
  proto::Connection protocol_;
  HookRunner runner_;
  std::optional<WebSocket> handle_;  // what hooks receive; until the session has ended
  Json claims_;
  std::string subprotocol_;
  net::PeerAddress peer_;
  Admission::Ticket ticket_;
  const std::uint64_t id_;
  std::atomic<std::int64_t> expires_s_;  // of the token, seconds since 1970
  RateLimit rate_;
  std::size_t roster_index_ = 0;  // in the LoopServer
};

}  // namespace microframe::ws
