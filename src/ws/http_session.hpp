// HttpSession: a stream from accept, through the TLS handshake if there is one, until it is a
// WebSocket or has had its one HTTP answer. Threading: its loop. Owned by its LoopServer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authx/authenticator.hpp"
#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "guard/rejection.hpp"
#include "keys/key_store.hpp"
#include "microframe/authx.hpp"
#include "microframe/task.hpp"
#include "net/address.hpp"
#include "net/socket.hpp"
#include "proto/handshake.hpp"
#include "proto/http_head.hpp"
#include "v1/names.hpp"
#include "ws/server_connection.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {

class Endpoint;
class LoopServer;

class HttpSession final : private net::SocketEvents, private base::TimerNode {
 public:
  // arrival: one that was not admitted is told so when its request is in.
  HttpSession(LoopServer& server, guard::Arrival arrival);

 private:
  friend class LoopServer;

  enum class Phase : std::uint8_t {
    securing,  // the TLS handshake
    reading_head,
    authenticating,  // keys are waited for, or the AuthManager is being asked; what arrives is held
    answered,        // the answer and FIN are on their way; what arrives is dropped
  };
  // What a handshake waits with whose token names a key that is not known.
  struct KeyWait {
    base::Slots::Place place;
    std::chrono::steady_clock::time_point since;  // the key was not known then
    std::size_t source;                           // whose it is to be, in the KeyStore
    keys::KeyStore::Wait wait;
  };
  // An accepted handshake, while its user is being looked up.
  struct Upgrade {
    Endpoint* endpoint;
    std::string key;
    std::string subprotocol;  // the answer, "" for none
    std::optional<v1::ResumeOffer> resume;
    std::string extensions;  // offered, as one list
    DeflateAgreement deflate;
    authx::Candidate candidate;
    authx::Claims claims;
    base::Slots::Place look_up;  // held while the AuthManager is being asked
    std::optional<KeyWait> keys;
  };

  // net::SocketEvents
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override {}
  void on_secured() override;
  void on_plaintext() override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;

  // Every way into it from the loop: where memory runs out, the stream is dropped. `this` may be
  // gone after.
  template <class Action>
  void guarded(Action&& action) {
    try {
      action();
    } catch (const std::bad_alloc&) {  // never once it has been forgotten
      drop();
    }
  }
  void drop();
  void receive(base::MutableBytes bytes);
  void deadline_passed();
  void read_head(base::MutableBytes bytes);
  void handle_head(std::string_view head, base::MutableBytes rest);
  void name_client(const proto::RequestHead& head);
  void serve_page(const proto::RequestHead& head);
  void begin_upgrade(const proto::RequestHead& head, Endpoint& endpoint, base::MutableBytes rest);
  void judge(base::MutableBytes rest);
  void wait_for_keys(const authx::Refused& refused);
  void keys_came();
  void keys_missing(std::string_view detail);
  void identified(authx::Identity identity, base::MutableBytes rest);
  void refuse(const authx::Refused& refused);
  void begin_authenticating();
  bool hold(base::Bytes bytes);
  void look_up_user(base::MutableBytes rest);
  bool ask_user_store();
  static void looked_up(void* self);
  void finish_look_up();
  void look_up_failed(std::string_view what);
  void open(base::MutableBytes early);
  bool open_former(base::MutableBytes early);
  void hand_over(const base::Ref<ServerConnection>& former);
  ServerConnection::Opening opening();
  std::string acceptance() const;

  void answer(std::string_view bytes);
  void reject(const guard::Refusal& refusal);
  void reject(guard::Rejection why, unsigned status, std::string_view detail,
              std::string_view extra_fields = {});
  void arm(std::chrono::milliseconds limit);

  LoopServer& server_;
  net::PeerAddress peer_;
  guard::Admission::Verdict verdict_;
  guard::Admission::Ticket ticket_;
  Phase phase_ = Phase::reading_head;
  proto::HeadScanner scanner_;
  std::vector<std::byte> held_;  // a head in pieces, or early frames
  std::unique_ptr<Upgrade> upgrade_;
  Task<std::optional<authx::User>> look_up_;
  std::unique_ptr<net::Socket> socket_;
  std::shared_ptr<bool> alive_;  // made where a post may come too late
  std::size_t roster_index_ = 0;
};

}  // namespace microframe::ws
