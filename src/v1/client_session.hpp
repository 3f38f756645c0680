// ClientSession: the client's side of microframe.v1 (docs/protocol.md), whatever connections it
// takes: when to connect, with which token, over which session; what is said there is its
// ClientExchange's part. With Options::plain, for any server, only the coming back. No I/O, no
// clock, no threads: frames, time and chance come in, ClientActions go out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/heartbeat.hpp"
#include "v1/client_action.hpp"
#include "v1/client_actions.hpp"
#include "v1/client_exchange.hpp"
#include "v1/client_rooms.hpp"
#include "v1/comeback.hpp"
#include "v1/held_token.hpp"
#include "v1/outgoing.hpp"
#include "v1/pace.hpp"
#include "v1/server_frame.hpp"

namespace microframe::v1 {

class ClientSession {
 public:
  struct Options {
    Options() = default;

    bool plain = false;
    bool reconnect = true;
    bool has_tokens = true;                 // whether the application has tokens to give
    std::vector<std::string> subprotocols;  // with `plain`: what is offered
    Comeback::Bounds comeback;
    Outgoing::Bounds queue{10'000, std::size_t{16} * 1024 * 1024};
    Pace::Rate pace;
    ClientRooms::Bounds rooms;
    // How long a token is waited for. After that the application is asked again; a token that comes
    // too late is taken all the same.
    std::uint64_t token_ms = 30'000;
    std::uint64_t welcome_ms = 10'000;  // how long the welcome is waited for
    // How long a silent server may take to answer when it is asked whether it is still there.
    std::uint64_t answer_ms = 10'000;
  };

  explicit ClientSession(Options options);
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  // returns: what the driver must do because of the calls so far, in order; each action once.
  std::vector<ClientAction> take_actions();
  // When on_deadline must be called at the latest, if nothing happens before.
  std::optional<std::uint64_t> deadline_ms() const;
  void on_deadline(std::uint64_t now_ms, double chance);

  // The application's wishes. ticket: comes back in a Settle; 0 for none.
  void connect(std::uint64_t now_ms);
  void close(std::uint16_t code, std::string reason);
  // json: its text, which is sent as it is.
  void send(std::uint64_t ticket, std::string json, std::uint64_t now_ms);
  // A message that nobody answers and nobody sends again. Without a connection the message is
  // dropped; so it is where the server's pace, or what waits in the connection, does not let it go.
  void post(const std::string& json, std::uint64_t now_ms);
  void send_binary(std::uint64_t ticket, std::string bytes, std::uint64_t now_ms);
  struct Entry {
    Entry() = default;

    std::string room;
    std::optional<Since> since;
    std::uint64_t last = 0;
  };
  void join(std::uint64_t ticket, Entry entry, std::uint64_t now_ms);
  void leave(std::uint64_t ticket, const std::string& room, std::uint64_t now_ms);
  // A fresh token. good_for_ms: until the token expires, if that is known.
  void refresh(std::uint64_t ticket, std::string token, std::optional<std::uint64_t> good_for_ms,
               std::uint64_t now_ms);
  // The answer to a TellMessage with an id. reply: nullptr if there is none.
  void answer(const TellMessage& message, const Json* reply);
  void answer_error(const TellMessage& message, std::string_view code, std::string_view text);

  // What came of FetchToken.
  void token(std::string token, std::optional<std::uint64_t> good_for_ms, std::uint64_t now_ms);
  void token_failed(const std::string& why, std::uint64_t now_ms, double chance);

  // What the connection tells.
  void opened(std::string_view subprotocol, std::uint64_t now_ms);
  void text(std::string_view frame, std::uint64_t now_ms);
  void binary(base::Bytes frame, std::uint64_t now_ms);
  // A sign of life, frame or not.
  void heard(std::uint64_t at_ms);
  // How much of what was sent the connection has not passed on. Counts until take_actions().
  void set_outbox(std::size_t bytes) { exchange_.set_outbox(bytes); }
  // The connection has passed on all that was sent.
  void drained(std::uint64_t now_ms);
  // The connection takes nothing more: the closing handshake has begun, and not by our wish. ended
  // follows.
  void closing();
  void ended(const ConnectionEnd& end, std::uint64_t now_ms, double chance);

  ClientState state() const { return state_; }
  const ClientRooms& rooms() const { return exchange_.rooms(); }
  const std::string& name() const { return session_; }  // "" without one

 private:
  enum class Phase : std::uint8_t {
    idle,      // not begun
    fetching,  // a token, to connect with
    opening,   // a connection
    greeting,  // the connection is open, and the welcome is waited for
    online,
    waiting,   // for the next attempt
    leaving,   // by the server's Close, or because of what it said; nothing can be sent
    closing,   // by our own Close
    refusing,  // by our own Close, because the server does not speak microframe.v1
    over,
  };

  bool has_connection() const;
  void tell_state(ClientState state, const ConnectionEnd& end, std::uint64_t retry_ms);
  void tell_connected(const ServerFrame& welcome, bool resumed);

  // --- connections and tokens
  void begin_attempt(std::uint64_t now_ms);
  void open();
  void come_back(const Comeback::Verdict& verdict, const ConnectionEnd& end, std::uint64_t now_ms);
  void finish(const ConnectionEnd& end);
  void give_up(std::string why, std::uint64_t now_ms, double chance);
  void fetch_token(std::uint64_t now_ms);
  // welcome: of which the times and limits are taken.
  void begin_online(const ServerFrame& welcome, std::uint64_t now_ms);
  std::optional<std::uint64_t> online_deadline_ms() const;

  // --- wishes and frames
  void queue(Outgoing::Frame frame, std::uint64_t now_ms);
  void give(const TellMessage& message, std::string answer);
  void welcome(const ServerFrame& frame, std::uint64_t now_ms);
  void take(ServerFrame frame, std::uint64_t now_ms);
  void take_bye(const ServerFrame& frame);

  const Options options_;
  ClientActions actions_;
  ClientExchange exchange_;
  Phase phase_ = Phase::idle;
  ClientState state_ = ClientState::closed;

  // Of all connections.
  Comeback comeback_;
  HeldToken token_;
  bool fetching_ = false;                     // a FetchToken is under way
  std::uint64_t fetch_by_ms_ = 0;             // when it is not waited for any more
  std::optional<std::uint64_t> retry_at_ms_;  // while waiting

  // Of the session.
  std::string session_;  // "" without one
  std::string secret_;
  std::string user_;
  std::uint64_t attempts_ = 0;  // to resume it

  // Of the connection.
  std::optional<Advice> advice_;                // of the server's bye
  std::optional<std::uint64_t> welcome_by_ms_;  // while greeting
  base::Heartbeat heartbeat_;
  base::Heartbeat::Timing timing_;  // the interval comes with the welcome
};

}  // namespace microframe::v1
