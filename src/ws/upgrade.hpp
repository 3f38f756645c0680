// Upgrade: a request to become a WebSocket, from its head until a device has the stream or the
// request is refused. Its steps are one enum, and upgrade.cpp has them in their order.
// Threading: its loop. Owned by its HttpConnection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.hpp"
#include "proto/http_head.hpp"
#include "v1/names.hpp"
#include "ws/authentication.hpp"
#include "ws/loop_context.hpp"
#include "ws/opening.hpp"
#include "ws/resumption.hpp"
#include "ws/sessions.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

// The connection that the request came by. It outlives the upgrade.
class UpgradeHost {
 public:
  // From here on what arrives is held, and all the waiting there may be has one limit of time.
  // early: what has arrived behind the request.
  // returns: false if that is too much, and has been refused.
  virtual bool wait(base::Bytes early) = 0;
  // Whether it still waits: it may have been refused meanwhile.
  virtual bool is_waiting() const = 0;
  // What has been held.
  virtual std::vector<std::byte> take_held() = 0;
  // Calls `task` from the loop's own stack, soon, unless the connection has gone before.
  virtual void later(std::function<void()> task) = 0;
  // Calls `task` in a turn of the connection, which may be gone after.
  virtual void in_turn(const std::function<void()>& task) = 0;

  virtual net::Socket& socket() = 0;
  virtual std::unique_ptr<net::Socket> take_socket() = 0;
  virtual guard::Admission::Ticket take_ticket() = 0;
  virtual const net::PeerAddress& peer() const = 0;
  // Whether the request came by TLS, as this server knows, or a trusted proxy says.
  virtual bool came_by_tls(const proto::RequestHead& head) const = 0;

  // Sends one answer, and then the end of the stream.
  virtual void answer(std::string_view bytes) = 0;
  // Counts and logs a refusal, and answers it.
  virtual void reject(guard::Rejection why, unsigned status, std::string_view detail,
                      std::string_view fields) = 0;
  // The stream has gone to a device: the connection, and this, are gone after.
  virtual void leave() = 0;

 protected:
  ~UpgradeHost() = default;
};

class Upgrade final : private AuthenticationHost {
 public:
  Upgrade(LoopContext& context, UpgradeHost& host, Endpoint& endpoint);

  // Begins. head, early: the request and what came behind it; good until this returns. The
  // connection may be gone after.
  void begin(const proto::RequestHead& head, base::MutableBytes early);
  // What was waited for did not come in time.
  void give_up() { authentication_.give_up(); }

 private:
  // In this order.
  enum class Step : std::uint8_t {
    head,    // is it a good handshake?
    token,   // which token does it show, by which carrier?
    key,     // is the token good? The issuer's keys may have to be waited for.
    share,   // does the user come no more often than it may?
    user,    // does the AuthManager know the user?
    former,  // does it go on with a session? Then the stream goes there.
    open,    // a device begins
  };

  // AuthenticationHost
  bool begin_wait() override { return host_.wait(std::exchange(early_, {})); }
  bool is_waiting() const override { return host_.is_waiting(); }
  void in_turn(const std::function<void()>& task) override { host_.in_turn(task); }
  void go_on(Then then) override { take_steps(then, nullptr); }
  void refuse(const authx::Refused& refused) override;
  void reject(guard::Rejection why, unsigned status, std::string_view detail,
              std::string_view fields) override {
    host_.reject(why, status, detail, fields);
  }

  // The first two steps read the request, the others what these have kept of it.
  void take_steps(Then then, const proto::RequestHead* head);
  Then take_step(const proto::RequestHead* head);

  Then check_head(const proto::RequestHead& head);
  Then find_token(const proto::RequestHead& head);
  Then check_share();
  Then find_former();
  Then seek_elsewhere();
  void sought(const std::optional<Arrival::Place>& place);
  void land(const Arrival::Place& place);
  Resumption resumption();
  void hand_over();
  Then open();

  Then wait() { return begin_wait() ? Then::waits : Then::over; }
  void agree();
  bool inherits() const;
  std::string acceptance() const;
  Opening opening();

  LoopContext& context_;
  UpgradeHost& host_;
  Endpoint& endpoint_;
  Step step_ = Step::head;
  base::MutableBytes early_;               // what came behind the request, until it is held
  std::vector<std::string_view> offered_;  // subprotocols, until begin() returns
  std::string key_;
  std::string subprotocol_;  // the answer, "" for none
  std::optional<v1::ResumeOffer> resume_;
  std::string extensions_;  // offered, as one list
  DeflateAgreement deflate_;
  Authentication authentication_;
  Sessions::Found former_;
  std::shared_ptr<Upgrade*> seeks_;  // while other nodes are asked for the session
};

}  // namespace microframe::ws
