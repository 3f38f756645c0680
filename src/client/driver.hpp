// Driver: drives a v1::ClientSession: gives it what the application wants and what the links bring,
// and does what it asks for. Threading: the client's loop, except where a method says otherwise.
// Shared by the Client and by what was posted to the loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "client/fetch_token.hpp"
#include "client/handler_runs.hpp"
#include "client/handlers.hpp"
#include "client/link.hpp"
#include "client/surroundings.hpp"
#include "client/tickets.hpp"
#include "microframe/client/options.hpp"
#include "v1/client_session.hpp"

namespace microframe::client {

class Driver final : public std::enable_shared_from_this<Driver>,
                     private Link::Events,
                     private HandlerRuns::Events,
                     private base::TimerNode {
 public:
  using Pending = Tickets::Pending;

  // How many handlers may wait before the driver stops reading. It reads on when half of them have
  // ended.
  static constexpr std::size_t kHandlersMax = 1'000;

  // How many calls of the token function may be under way: those that do not return are not waited
  // for, and the next attempt calls it again.
  static constexpr std::size_t kTokenCallsMax = 4;

  // name: of the server, for the log. Made on any thread.
  Driver(std::unique_ptr<Surroundings> surroundings, ClientOptions options, std::string name);

  void set(Handlers::Any handler) { handlers_.set(std::move(handler)); }

  void connect();
  void close(std::uint16_t code, std::string reason);
  // Each `reply` is settled, once, whatever happens.
  void send(const Pending& reply, std::string json);
  void send_binary(const Pending& reply, std::string bytes);
  void post(const std::string& json);
  void join(const Pending& reply, v1::ClientSession::Entry entry);
  void leave(const Pending& reply, const std::string& room);
  void refresh(const Pending& reply, std::string token);

  // The end, once: what is pending fails, and no handler is called any more.
  // returns: what must be destroyed outside of the client's handlers.
  HandlerRuns::Dropped shut_down();

  // Any thread.
  Json presence(const std::string& room) const;
  std::vector<std::string> rooms() const;
  std::optional<RoomPosition> position(const std::string& room) const;
  ClientState state() const { return state_.load(std::memory_order_acquire); }
  bool is_plain() const { return options_.plain; }

 private:
  // Changes the session by change(session, now), then performs what the session asks for.
  template <class Change>
  void drive(Change&& change);
  // The same for a wish that has a reply: change(session, ticket, now).
  template <class Change>
  void wish(const Pending& reply, Change&& change);
  void arm();

  // One for each action of the session.
  void perform(v1::FetchToken& fetch);
  void perform(v1::OpenConnection& open);
  void perform(v1::Transmit& frame);
  void perform(v1::CloseConnection& close);
  void perform(v1::DropConnection&) { link_.reset(); }
  void perform(v1::Settle& settle) { tickets_.settle(settle); }
  void perform(v1::TellMessage& message);
  void perform(v1::TellBinary& binary);
  void perform(v1::TellText& text);
  void perform(v1::TellPresence& change) { handlers_.tell(change); }
  void perform(JoinedRoom& room) { handlers_.tell(room); }
  void perform(LeftRoom& room) { handlers_.tell(room); }
  void perform(ByeAdvice& bye) { handlers_.tell(bye); }
  void perform(ClientStatus& status);
  void perform(v1::TellProblem& problem);

  void fetched(const FetchedToken& result, std::uint64_t number);
  void hold_back();

  void on_open() override;
  void on_message(const ws::Message& message) override;
  void on_sent() override;
  void on_closing() override;
  void on_closed(proto::CloseCode code, std::string_view reason) override;
  void on_handler_ended(const v1::TellMessage* message, const std::optional<Json>& reply,
                        const char* failure) override;
  void on_deadline(std::uint64_t now_ms) override;

  const std::unique_ptr<Surroundings> surroundings_;
  const ClientOptions options_;
  const std::string name_;

  mutable std::mutex mutex_;  // of session_, for other threads
  v1::ClientSession session_;
  std::atomic<ClientState> state_{ClientState::closed};
  bool is_shut_down_ = false;
  bool is_held_back_ = false;  // reading is paused, because too many handlers wait

  std::uint64_t token_calls_ = 0;     // of the token function so far
  std::size_t token_calls_open_ = 0;  // that have not returned

  std::unique_ptr<Link> link_;
  Tickets tickets_;
  Handlers handlers_;
};

}  // namespace microframe::client
