#include "client/driver.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/chance.hpp"
#include "base/log.hpp"
#include "base/parse_json.hpp"
#include "client/clamped_ms.hpp"
#include "client/token_life.hpp"
#include "proto/utf8.hpp"

namespace microframe::client {
namespace {

namespace log = base::log;

v1::ClientSession::Options session_options(const ClientOptions& options) {
  v1::ClientSession::Options result;
  result.plain = options.plain;
  result.reconnect = options.reconnect;
  result.has_tokens = static_cast<bool>(options.token);
  result.subprotocols = options.subprotocols;
  result.comeback = {clamped_ms(options.backoff_first), clamped_ms(options.backoff_max)};
  result.welcome_ms = clamped_ms(options.connect_time);
  result.answer_ms = clamped_ms(options.answer_time);
  result.queue = {options.queue_messages_max, options.queue_bytes_max};
  result.pace = {options.messages_per_second, std::max(options.messages_burst, 1.0)};
  result.rooms = {options.rooms_max, options.rooms_bytes_max};
  result.token_ms = clamped_ms(options.token_time);
  return result;
}

// returns: a text message as JSON; text that is no JSON becomes a JSON string.
Json json_of(const std::string& text) {
  std::string why;
  auto parsed = base::parse_json(text, why);
  return parsed ? std::move(*parsed) : Json(text);
}

// What a handler threw, as text that may be sent (RFC 6455 §8.1): cut where it is long, and with a
// question mark for each byte beyond ASCII if it is not UTF-8.
std::string as_utf8(std::string_view what) {
  constexpr std::size_t kBytesMax = 1'000;
  std::string text(what.substr(0, kBytesMax));
  // A character that was cut in two goes whole.
  if (what.size() > kBytesMax) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
      text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.pop_back();
  }
  if (proto::is_utf8(base::as_bytes(text))) return text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80U; }, '?');
  return text;
}

}  // namespace

Driver::Driver(std::unique_ptr<Surroundings> surroundings, ClientOptions options, std::string name)
    : surroundings_(std::move(surroundings)),
      options_(std::move(options)),
      name_(std::move(name)),
      session_(session_options(options_)),
      handlers_(*this) {}

template <class Change>
void Driver::drive(Change&& change) {
  if (is_shut_down_) return;
  const auto self = shared_from_this();  // a handler may destroy the client
  std::vector<v1::ClientAction> actions;
  {
    const std::lock_guard lock(mutex_);
    session_.set_outbox(link_ ? link_->buffered() : 0);
    change(session_, surroundings_->now_ms());
    actions = session_.take_actions();
  }
  for (auto& action : actions) {
    if (is_shut_down_) return;
    std::visit([this](auto& one) { this->perform(one); }, action);
  }
  if (!is_shut_down_) arm();
}

template <class Change>
void Driver::wish(const Pending& reply, Change&& change) {
  if (is_shut_down_) return reply->fail(ClientError("closed", "the client is gone"));
  const std::uint64_t ticket = tickets_.issue(reply);
  drive([&](v1::ClientSession& session, std::uint64_t now_ms) { change(session, ticket, now_ms); });
}

void Driver::arm() {
  base::TimerWheel& wheel = surroundings_->wheel();
  const auto deadline = session_.deadline_ms();
  if (deadline) {
    wheel.arm(*this, *deadline);
  } else {
    wheel.cancel(*this);
  }
}

void Driver::on_deadline(std::uint64_t) {
  drive([this](v1::ClientSession& session, std::uint64_t now_ms) {
    // While reading is paused nothing can be heard, and the server is not to blame for that.
    if (link_) session.heard(is_held_back_ ? now_ms : link_->heard_ms());
    session.on_deadline(now_ms, base::chance());
  });
}

void Driver::connect() {
  drive([](v1::ClientSession& session, std::uint64_t now_ms) { session.connect(now_ms); });
}

void Driver::close(std::uint16_t code, std::string reason) {
  drive([&](v1::ClientSession& session, std::uint64_t) { session.close(code, std::move(reason)); });
}

void Driver::send(const Pending& reply, std::string json) {
  wish(reply, [&](v1::ClientSession& session, std::uint64_t ticket, std::uint64_t now_ms) {
    session.send(ticket, std::move(json), now_ms);
  });
}

void Driver::send_binary(const Pending& reply, std::string bytes) {
  wish(reply, [&](v1::ClientSession& session, std::uint64_t ticket, std::uint64_t now_ms) {
    session.send_binary(ticket, std::move(bytes), now_ms);
  });
}

void Driver::post(const std::string& json) {
  drive([&](v1::ClientSession& session, std::uint64_t now_ms) { session.post(json, now_ms); });
}

void Driver::join(const Pending& reply, v1::ClientSession::Entry entry) {
  wish(reply, [&](v1::ClientSession& session, std::uint64_t ticket, std::uint64_t now_ms) {
    session.join(ticket, std::move(entry), now_ms);
  });
}

void Driver::leave(const Pending& reply, const std::string& room) {
  wish(reply, [&](v1::ClientSession& session, std::uint64_t ticket, std::uint64_t now_ms) {
    session.leave(ticket, room, now_ms);
  });
}

void Driver::refresh(const Pending& reply, std::string token) {
  const auto life = good_for_ms(token, std::chrono::system_clock::now());
  wish(reply, [&](v1::ClientSession& session, std::uint64_t ticket, std::uint64_t now_ms) {
    session.refresh(ticket, std::move(token), life, now_ms);
  });
}

HandlerRuns::Dropped Driver::shut_down() {
  if (std::exchange(is_shut_down_, true)) return {};
  surroundings_->wheel().cancel(*this);
  if (link_) link_->say_goodbye();
  link_.reset();
  state_.store(ClientState::closed, std::memory_order_release);
  auto dropped = handlers_.drop();
  tickets_.fail_all("the client is gone");
  return dropped;
}

Json Driver::presence(const std::string& room) const {
  const std::lock_guard lock(mutex_);
  return session_.rooms().presence(room);
}

std::vector<std::string> Driver::rooms() const {
  const std::lock_guard lock(mutex_);
  return session_.rooms().names();
}

std::optional<RoomPosition> Driver::position(const std::string& room) const {
  const std::lock_guard lock(mutex_);
  return session_.rooms().position(room, session_.name());
}

void Driver::perform(v1::FetchToken&) {
  const auto result = std::make_shared<FetchedToken>();
  result->failure = "the token function could not be called";
  const std::uint64_t number = ++token_calls_;
  const bool calls = ++token_calls_open_ <= kTokenCallsMax;
  surroundings_->work(
      [result, provider = calls ? options_.token : nullptr] {
        if (provider) *result = fetch_token(provider);
      },
      [result, number, weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->fetched(*result, number);
      });
}

void Driver::fetched(const FetchedToken& result, std::uint64_t number) {
  --token_calls_open_;
  const bool failed = !result.failure.empty();
  if (failed && number != token_calls_) return;  // it was given up, and another call has begun
  drive([&](v1::ClientSession& session, std::uint64_t now_ms) {
    if (failed) return session.token_failed(result.failure, now_ms, base::chance());
    session.token(result.token, good_for_ms(result.token, std::chrono::system_clock::now()),
                  now_ms);
  });
}

void Driver::perform(v1::OpenConnection& open) {
  is_held_back_ = false;
  link_ = surroundings_->open(std::move(open), *this);
}

void Driver::perform(v1::Transmit& frame) {
  if (!link_) return;
  link_->send(frame.binary ? ws::Message::binary(base::as_bytes(frame.bytes))
                           : ws::Message::text(frame.bytes));
}

void Driver::perform(v1::CloseConnection& close) {
  if (link_) link_->close(static_cast<proto::CloseCode>(close.code), close.reason);
}

void Driver::perform(v1::TellMessage& message) {
  if (!handlers_.tell(message)) return on_handler_ended(&message, std::nullopt, nullptr);
  hold_back();
}

void Driver::perform(v1::TellBinary& binary) {
  if (handlers_.tell(binary)) hold_back();
}

void Driver::perform(v1::TellText& text) {
  if (handlers_.tell(text)) return hold_back();
  v1::TellMessage message;
  message.data = json_of(text.text);
  perform(message);
}

void Driver::perform(ClientStatus& status) {
  state_.store(status.state, std::memory_order_release);
  handlers_.tell(status);
}

void Driver::perform(v1::TellProblem& problem) {
  if (handlers_.tell(problem)) return;
  // The first field is what lines are counted by: not the server's words.
  log::limited(log::Level::warning, "a client's trouble",
               {{"url", name_}, {"code", problem.code}, {"detail", problem.message}});
}

void Driver::on_handler_ended(const v1::TellMessage* message, const std::optional<Json>& reply,
                              const char* failure) {
  if (failure)
    log::limited(log::Level::error, "a client's handler failed",
                 {{"url", name_}, {"what", failure}});
  if (is_held_back_) hold_back();
  if (!message || message->id == 0) return;
  drive([&](v1::ClientSession& session, std::uint64_t) {
    if (failure) return session.answer_error(*message, "failed", as_utf8(failure));
    session.answer(*message, reply ? &*reply : nullptr);
  });
}

void Driver::hold_back() {
  if (is_shut_down_ || !link_) return;
  if (!is_held_back_ && handlers_.waiting() >= kHandlersMax) {
    is_held_back_ = true;
    link_->pause_reading();
  } else if (is_held_back_ && handlers_.waiting() <= kHandlersMax / 2) {
    is_held_back_ = false;
    link_->resume_reading();
  }
}

void Driver::on_open() {
  drive([this](v1::ClientSession& session, std::uint64_t now_ms) {
    session.opened(link_->subprotocol(), now_ms);
  });
}

void Driver::on_message(const ws::Message& message) {
  drive([&](v1::ClientSession& session, std::uint64_t now_ms) {
    if (message.is_binary()) return session.binary(message.bytes(), now_ms);
    session.text(message.content(), now_ms);
  });
}

void Driver::on_sent() {
  drive([](v1::ClientSession& session, std::uint64_t now_ms) { session.drained(now_ms); });
}

void Driver::on_closing() {
  drive([](v1::ClientSession& session, std::uint64_t) { session.closing(); });
}

void Driver::on_closed(proto::CloseCode code, std::string_view reason) {
  v1::ConnectionEnd end(static_cast<std::uint16_t>(code), std::string(reason));
  end.status = link_->status();
  if (const auto seconds = link_->retry_after_s())
    end.retry_after_ms = std::min<std::uint64_t>(*seconds, 3600) * 1000;
  link_.reset();
  drive([&](v1::ClientSession& session, std::uint64_t now_ms) {
    session.ended(end, now_ms, base::chance());
  });
}

}  // namespace microframe::client
