// ServerConnection: one open WebSocket on the server: the protocol over a socket, feeding hooks and
// hub. It has two lives. The session (users, rooms, hooks) begins at open() and ends with leave(),
// at the first Close, failure or loss. The stream goes on until the closing handshake is done or
// late. It is forgotten when both have ended. A session of microframe.v1 may be suspended instead,
// and go on with a new stream. Threading: its loop, but for the methods under "Any thread";
// counted, held by its LoopServer and by every handle.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "authx/authenticator.hpp"
#include "base/heartbeat.hpp"
#include "base/rate_limit.hpp"
#include "base/ref.hpp"
#include "base/timer_wheel.hpp"
#include "guard/admission.hpp"
#include "guard/rejection.hpp"
#include "hub/member.hpp"
#include "microframe/ws/ack.hpp"
#include "microframe/ws/disconnect.hpp"
#include "microframe/ws/websocket.hpp"
#include "net/address.hpp"
#include "net/socket.hpp"
#include "proto/connection.hpp"
#include "ws/hook_runner.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

class Endpoint;
class LoopServer;
class Session;
struct Resumption;
enum class Forms : std::uint8_t;

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
    bool has_session;         // it speaks microframe.v1
    net::PeerAddress peer;
    guard::Admission::Ticket ticket;
    DeflateAgreement deflate;
    std::unique_ptr<const std::string>
        client_certificate;  // its subject; nullptr if none was shown
  };

  ServerConnection(LoopServer& server, Opening opening);
  ~ServerConnection() override;

  // Begins the session on the stream `socket`, over which the handshake's answer is already on its
  // way, and reads `early`, what came after the request.
  void open(std::unique_ptr<net::Socket> socket, base::MutableBytes early);

  // The same on a stream whose handshake has still to be answered.
  void open(Resumption resumption);
  // Goes on with the session on a new stream, as soon as its hooks have ended; or begins a new one
  // on it, if the session cannot be gone on with.
  void resume(Resumption resumption);

  // Sends our Close and ends the session. Does nothing unless open.
  void close(proto::CloseCode code, std::string_view reason, DisconnectCause cause);
  // The same with 4409, for a user whose tokens are no longer good. Throws nothing.
  void revoke_here(std::string_view reason);
  // Drops the stream, and ends the session if a Close has not yet. Hooks that wait are abandoned.
  // Called again where it ran out of memory, it goes on.
  void drop();
  // drop(), which waits for memory where there is none. Throws nothing.
  void try_drop();
  // Closes it, for the server stops. Throws nothing.
  void shut_down();

  // Any thread.
  bool is_open() const { return phase_.load(std::memory_order_acquire) == Phase::open; }
  bool send(const base::Frame& frame);
  // The form that its client is sent.
  Forms forms() const;
  void request_close(proto::CloseCode code, std::string_view reason);
  void request_resume(std::shared_ptr<Resumption> resumption);
  bool refresh_token(std::string_view token);
  // As WebSocket::send_acked, on the connection's loop.
  void ask(const Json& message, std::chrono::milliseconds timeout,
           std::function<void(AckStatus, Json)> told);
  WebSocket public_handle() { return WebSocket(*this); }
  // Sends what a message hook has returned. On its loop.
  void reply(const Json& value);
  // hub::Member
  void evict() override;
  void revoke(std::string_view reason) override;
  void ask(const Json& message, std::chrono::milliseconds timeout, Answered told) override;
  std::string_view session() const override;
  bool resumed() const { return resumed_.load(std::memory_order_relaxed); }
  // As WebSocket::buffered.
  std::size_t buffered() const;
  // Calls told(true) once nothing is queued, or told(false) once the session has ended, on the
  // connection's loop.
  void when_drained(std::function<void(bool)> told);
  std::uint64_t id() const { return id_; }
  // Of the latest token that a handshake has brought.
  Json claims() const;
  std::chrono::system_clock::time_point expires() const;
  std::string remote_address() const;
  std::optional<std::string> client_certificate() const;
  const std::string& subprotocol() const { return subprotocol_; }
  std::chrono::microseconds rtt() const {
    return std::chrono::microseconds(rtt_us_.load(std::memory_order_relaxed));
  }
  Endpoint& endpoint() const { return endpoint_; }

 private:
  friend class LoopServer;
  friend class Session;

  enum class Phase : std::uint8_t {
    opening,
    open,
    closing,  // a Close has gone out; the session has ended; the stream ends soon
    closed,   // the stream has ended
  };

  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void give_up() override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;
  std::string device() const override { return std::to_string(id_); }
  void transmit(const base::SharedBuffer& frame);
  void transmit_again(const base::SharedBuffer& frame);
  bool make_room(const base::SharedBuffer& frame);
  void count_shed(std::size_t frames);
  void note_drain_wait(const std::function<void(bool)>& told);
  void tell_drained(bool drained);
  // net::SocketEvents
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override;
  void on_blocked() override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;
  // HookHost
  const detail::Hooks& hooks() const override;
  void* handler() const override;
  WebSocket& handle() override { return *handle_; }
  const UserId& user_id() const override { return user(); }
  detail::ActivitySign::Scope show(const char* hook) override;
  void on_message_begun(std::uint64_t id) override;
  void on_message_done() override;
  void on_control(const v1::ClientFrame& frame, bool allowed) override;
  void on_bad_message(std::string_view word, std::string_view detail) override;
  void on_hook_failed(std::string_view hook, std::string_view what) override;
  void on_hooks_idle() override;
  void on_hooks_ended() override;
  void on_hooks_stuck() override { give_up(); }

  // Every way into it from the loop: where memory runs out, the connection is dropped.
  template <class Action>
  void guarded(Action&& action) {
    const base::Ref<ServerConnection> keep(this);
    if (gives_up_) return;
    try {
      action();
    } catch (const std::bad_alloc&) {
      give_up();
    }
  }
  void begin_session(base::MutableBytes early);
  void read(base::MutableBytes bytes);
  void handle_event(const proto::Event& event);
  void handle_peer_close(const proto::Event& event);
  void handle_failure(const proto::Event& event);
  void handle_pong(const proto::Event& event);
  void answer_ping(const proto::Event& event);
  bool within_rate();
  void refuse_frame(std::uint64_t id, std::string_view code, std::string_view why);
  proto::InflaterPool* inflaters();
  void set_deflate(DeflateAgreement agreed);
  base::SharedBuffer encoding(const base::SharedBuffer& frame);
  void send_control(const proto::ControlFrame& frame);
  void deadline_passed(std::uint64_t now_ms);
  void begin_closing();
  void leave(DisconnectReason reason);
  void lose(DisconnectCause cause);
  void stream_ended();
  void forget_if_done();
  void note_room_event(detail::Hooks::RoomEvent hook, const char* name, std::string_view room);
  // Sessions of microframe.v1.
  bool may_come_back(const DisconnectReason& reason) const;
  void suspend(DisconnectReason reason, bool drop_queue);
  void await_client();
  void end_former_stream();
  void end_suspended();
  void end_of_session();
  void go_on_with(Resumption resumption);
  void begin_anew(Resumption resumption);
  void take_successor();
  std::uint64_t retry_window_ms(proto::CloseCode code) const;
  void check_heartbeat(std::uint64_t now_ms);
  void send_ping();
  void check_progress(std::uint64_t now_ms);
  void begin_deadlines();
  void arm_deadline();
  std::chrono::milliseconds until_expiry() const;
  static std::int64_t to_seconds(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  }
  std::chrono::system_clock::time_point ends() const;
  void reject(guard::Rejection why, std::string_view detail);

  // A delivery reads these five: side by side.
  LoopServer& server_;
  std::unique_ptr<net::Socket> socket_;  // until the stream has ended
  std::atomic<Phase> phase_{Phase::opening};
  bool overflowed_ = false;                      // nothing more is delivered: it is to end
  std::atomic<std::uint32_t> waiting_bytes_{0};  // in a socket that is blocked, for other threads
  std::uint8_t deflate_bits_;  // of the window we compress with for this peer; 0: not at all

  std::unique_ptr<Session> session_;  // of microframe.v1
  std::atomic<bool> suspended_{false};
  std::atomic<bool> resumed_{false};
  bool ends_for_good_ = false;  // it is not to be suspended any more
  bool removed_ = false;        // from the hub
  bool session_ended_ = false;
  bool hooks_ended_ = false;
  bool gives_up_ = false;  // memory ran out: to be dropped
  bool forgotten_ = false;
  Endpoint& endpoint_;
  std::unique_ptr<Takeover> takeover_;  // where a direction has a context
  std::optional<proto::Connection> protocol_;
  HookRunner runner_;
  std::list<std::function<void(bool)>> drain_waiters_;
  std::optional<WebSocket> handle_;  // what hooks receive; until the session has ended
  Json claims_;
  std::string subprotocol_;
  net::PeerAddress peer_;
  std::unique_ptr<const std::string> client_certificate_;  // few show one
  guard::Admission::Ticket ticket_;
  const std::uint64_t id_;
  std::atomic<std::int64_t> expires_s_;  // of the token, seconds since 1970
  // Pongs of a socket that is full: the one that waits in it, and the answer to the last ping
  // since.
  struct Pongs {
    base::SharedBuffer waiting;
    base::SharedBuffer next;
  };
  std::unique_ptr<Pongs> pongs_;
  base::RateLimit rate_;
  base::Heartbeat heartbeat_;
  std::uint64_t ping_us_ = 0;  // when the last ping left, on the steady clock; its payload
  std::atomic<std::uint32_t> rtt_us_{0};  // of the last ping that was answered
  std::size_t roster_index_ = 0;          // in the LoopServer
};

}  // namespace microframe::ws
