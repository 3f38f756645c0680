// HttpConnection: a stream from accept, through the TLS handshake if there is one, until its last HTTP
// answer, or until an Upgrade has made a WebSocket of it. Threading: its loop. Held by the roster of its
// loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "guard/rejection.hpp"
#include "net/address.hpp"
#include "net/socket.hpp"
#include "proto/http_head.hpp"
#include "ws/http_exchange.hpp"
#include "ws/loop_context.hpp"
#include "ws/roster.hpp"
#include "ws/upgrade.hpp"

namespace microframe::ws {

struct Page;

class HttpConnection final : public Resident,
                             private UpgradeHost,
                             private HttpExchangeHost,
                             private net::SocketEvents,
                             private base::TimerNode {
 public:
  // Begins with a connection that was accepted. One that was not admitted is told so when its
  // request is in, or dropped where telling it would cost too much.
  static void begin(LoopContext& context, guard::Arrival arrival);

  // Resident
  bool shut_down() override;
  void drop() override { context_.roster.leave(*this); }

 private:
  enum class Phase : std::uint8_t {
    securing,  // the TLS handshake
    reading_head,
    waiting,     // an upgrade, for keys or the AuthManager; what arrives is held
    exchanging,  // a request to a handler is under way; what arrives behind its body is held
    idle,        // between two requests
    answered,    // the last answer and FIN are on their way; what arrives is dropped
    abandoned,   // the peer has gone, and a handler runs on
  };

  HttpConnection(LoopContext& context, guard::Arrival arrival);

  // Resident
  void let_go() override;
  // UpgradeHost
  bool wait(base::Bytes early) override;
  bool is_waiting() const override { return phase_ == Phase::waiting; }
  std::vector<std::byte> take_held() override { return std::exchange(held_, {}); }
  void later(std::function<void()> task) override;
  void in_turn(const std::function<void()>& task) override { context_.roster.run(*this, task); }
  net::Socket& socket() override { return *socket_; }
  std::unique_ptr<net::Socket> take_socket() override { return std::move(socket_); }
  guard::Admission::Ticket take_ticket() override { return std::move(ticket_); }
  const net::PeerAddress& peer() const override { return client_; }
  bool came_by_tls(const proto::RequestHead& head) const override;
  void answer(std::string_view bytes) override;
  void reject(guard::Rejection why, unsigned status, std::string_view detail,
              std::string_view fields) override;
  void leave() override { context_.roster.leave(*this); }
  // HttpExchangeHost
  void await(std::chrono::milliseconds limit) override { arm(limit); }
  void await_handler() override { context_.loop.wheel().cancel(*this); }
  void send_interim(std::string_view bytes) override;
  void send_answer(base::SharedBuffer bytes, bool keep_alive) override;
  void read_on() override;
  const net::PeerAddress& client() const override { return client_; }
  // net::SocketEvents
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_blocked() override;
  void on_drained() override;
  void on_secured() override;
  void on_plaintext() override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;

  void receive(base::MutableBytes bytes);
  void read(base::MutableBytes bytes);
  // What has come of the bytes.
  enum class Step : std::uint8_t {
    taken,    // there may be more
    waits,    // for more bytes, or for something else
    upgrade,  // they are an Upgrade's, and the connection may be gone
  };
  Step read_head(base::MutableBytes& bytes);
  bool has_turn(std::size_t requests);
  void keep(base::MutableBytes bytes, std::vector<std::byte> gathered);
  void begin_head();
  Step handle_head(std::string_view text, base::MutableBytes rest);
  Step upgrade(const proto::RequestHead& head, Endpoint& endpoint, base::MutableBytes rest);
  void name_client(const proto::RequestHead& head);
  void count_request();
  void serve(const proto::RequestHead& head, std::string_view text);
  void serve_route(const proto::RequestHead& head, std::string_view text,
                   http::Router::Found found);
  // page: nullptr if the path has none.
  void serve_page(const proto::RequestHead& head, const Page* page);
  bool hold(base::Bytes bytes);
  void pass_deadline();
  bool takes_its_time();
  void reject(const guard::Refusal& refusal);
  void end_behind_answers();
  void arm(std::chrono::milliseconds limit);

  LoopContext& context_;
  const net::PeerAddress peer_;
  net::PeerAddress client_;  // the peer, or whom a trusted proxy has named
  guard::Admission::Verdict verdict_;
  guard::Admission::Ticket ticket_;
  const guard::Door door_;
  bool is_forwarded_ = false;  // by a trusted proxy
  bool is_kept_ = false;       // a request has come before
  Phase phase_ = Phase::reading_head;
  proto::HeadScanner scanner_;
  std::vector<std::byte> held_;  // a head in pieces, early frames, or requests behind one
  std::unique_ptr<net::Socket> socket_;
  std::shared_ptr<bool> alive_;             // made where a post may come too late
  std::unique_ptr<Upgrade> upgrade_;        // once the head asks for one
  std::unique_ptr<HttpExchange> exchange_;  // once a request is a handler's
};

}  // namespace microframe::ws
