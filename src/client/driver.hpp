// Driver: a v1::ClientSession over real connections, on a loop, with the application's
// handlers. Threading: its loop, but for what says otherwise; shared by the Client and what is
// posted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/timer_wheel.hpp"
#include "client/connection.hpp"
#include "client/handler_runs.hpp"
#include "client/handlers.hpp"
#include "client/pending_reply.hpp"
#include "client/url.hpp"
#include "microframe/client/options.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"
#include "v1/client_session.hpp"

namespace microframe::client {

class Driver final : public std::enable_shared_from_this<Driver>,
                     private Connection::Events,
                     private HandlerRuns::Events,
                     private base::TimerNode {
 public:
  using Pending = std::shared_ptr<detail::PendingReply>;

  // loop: outlives it. tls: for wss. Made on any thread.
  Driver(net::Loop& loop, Url url, ClientOptions options,
         std::shared_ptr<const net::TlsContext> tls);

  void set(Handlers::Any handler) { handlers_.set(std::move(handler)); }

  void connect();
  void close(std::uint16_t code, std::string reason);
  // `reply` is settled, once, whatever happens.
  void send(const Pending& reply, std::string json);
  void send_binary(const Pending& reply, std::string bytes);
  void post(std::string json);
  void join(const Pending& reply, v1::ClientSession::Entry entry);
  void leave(const Pending& reply, const std::string& room);
  void refresh(const Pending& reply, std::string token);

  // The end: nothing is told any more but that what is pending has failed. Once. returns: what is
  // to be destroyed outside of the client's handlers.
  HandlerRuns::Dropped shut_down();

  // Any thread.
  Json presence(const std::string& room) const;
  std::vector<std::string> rooms() const;
  std::optional<RoomPosition> position(const std::string& room) const;
  ClientState state() const { return state_.load(std::memory_order_acquire); }
  bool is_plain() const { return options_.plain; }

 private:
  struct Fetched;

  // Changes the session by change(session, now), then does what it asks for.
  template <class Change>
  void drive(Change&& change);
  // The same for a wish with a reply: change(session, ticket, now).
  template <class Change>
  void wish(const Pending& reply, Change&& change);
  void arm();

  // What the session asks for, one each.
  void perform(const v1::FetchToken& fetch);
  void perform(v1::OpenConnection& open);
  void perform(const v1::Transmit& frame);
  void perform(const v1::CloseConnection& close);
  void perform(const v1::DropConnection& drop);
  void perform(v1::Settle& settle);
  void perform(v1::TellMessage& message);
  void perform(v1::TellBinary& binary);
  void perform(v1::TellText& text);
  void perform(v1::TellPresence& change);
  void perform(JoinedRoom& room);
  void perform(LeftRoom& room);
  void perform(ByeAdvice& bye);
  void perform(ClientStatus& status);
  void perform(v1::TellProblem& problem);

  void fetched(const Fetched& result);
  Connection::Options connection_options(v1::OpenConnection& open) const;
  void hold_back();

  // Connection::Events
  void on_open() override;
  void on_message(const ws::Message& message) override;
  void on_closed(proto::CloseCode code, std::string_view reason) override;
  // HandlerRuns::Events
  void on_handler_ended(const v1::TellMessage* message, const std::optional<Json>& reply,
                        const char* failure) override;
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;

  net::Loop& loop_;
  const Url url_;
  const ClientOptions options_;
  const std::shared_ptr<const net::TlsContext> tls_;

  mutable std::mutex mutex_;  // of session_, for other threads
  v1::ClientSession session_;
  std::atomic<ClientState> state_{ClientState::closed};
  bool is_shut_down_ = false;
  bool is_held_back_ = false;  // reading is paused: too many handlers wait

  std::unique_ptr<Connection> connection_;
  std::uint64_t last_ticket_ = 0;
  std::unordered_map<std::uint64_t, Pending> pending_;
  Handlers handlers_;
};

}  // namespace microframe::client
