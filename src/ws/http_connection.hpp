// HttpConnection: a stream from accept, through the TLS handshake if there is one, until it has had
// its one HTTP answer, or an Upgrade has made a WebSocket of it. Threading: its loop. Held by the
// roster of its loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "guard/arrival.hpp"
#include "guard/rejection.hpp"
#include "net/address.hpp"
#include "net/socket.hpp"
#include "proto/http_head.hpp"
#include "ws/loop_context.hpp"
#include "ws/roster.hpp"
#include "ws/upgrade.hpp"

namespace microframe::ws {

struct Page;

class HttpConnection final : public Resident,
                             private UpgradeHost,
                             private net::SocketEvents,
                             private base::TimerNode {
 public:
  // Begins with a connection that was accepted. One that was not admitted is told so when its
  // request is in, or dropped where telling it would cost too much.
  static void begin(LoopContext& context, guard::Arrival arrival);

  // Resident
  void drop() override { context_.roster.leave(*this); }

 private:
  enum class Phase : std::uint8_t {
    securing,  // the TLS handshake
    reading_head,
    waiting,   // for keys or the AuthManager; what arrives is held
    answered,  // the answer and FIN are on their way; what arrives is dropped
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
  const net::PeerAddress& peer() const override { return peer_; }
  bool came_by_tls(const proto::RequestHead& head) const override;
  void answer(std::string_view bytes) override;
  void reject(guard::Rejection why, unsigned status, std::string_view detail,
              std::string_view fields) override;
  void leave() override { context_.roster.leave(*this); }
  // net::SocketEvents
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override {}
  void on_secured() override;
  void on_plaintext() override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;

  void receive(base::MutableBytes bytes);
  void read_head(base::MutableBytes bytes);
  void handle_head(std::string_view head, base::MutableBytes rest);
  void name_client(const proto::RequestHead& head);
  // page: nullptr if the path has none.
  void serve_page(const proto::RequestHead& head, const Page* page);
  bool hold(base::Bytes bytes);
  void pass_deadline();
  void reject(const guard::Refusal& refusal);
  void arm(std::chrono::milliseconds limit);

  LoopContext& context_;
  net::PeerAddress peer_;
  guard::Admission::Verdict verdict_;
  guard::Admission::Ticket ticket_;
  const guard::Door door_;
  bool is_forwarded_ = false;  // by a trusted proxy
  Phase phase_ = Phase::reading_head;
  proto::HeadScanner scanner_;
  std::vector<std::byte> held_;  // a head in pieces, or early frames
  std::unique_ptr<net::Socket> socket_;
  std::shared_ptr<bool> alive_;       // made where a post may come too late
  std::unique_ptr<Upgrade> upgrade_;  // once the head asks for one
};

}  // namespace microframe::ws
