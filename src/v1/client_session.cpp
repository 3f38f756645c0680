#include "v1/client_session.hpp"

#include <algorithm>
#include <utility>

#include "base/parse_json.hpp"
#include "v1/client_frames.hpp"
#include "v1/close_codes.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

using Kind = Outgoing::Kind;

constexpr std::string_view kOtherServer =
    "the server does not speak microframe.v1 (ClientOptions::plain is for any server)";

// The code that settles what waits when the client has come to its end.
std::string_view word_for(std::uint16_t code) {
  switch (code) {
    case close::kUnauthenticated:
      return "unauthorized";
    case close::kForbidden:
      return "forbidden";
    case close::kReplaced:
      return "replaced";
    default:
      return "closed";
  }
}

void sooner(std::optional<std::uint64_t>& deadline, const std::optional<std::uint64_t>& other) {
  if (other && (!deadline || *other < *deadline)) deadline = other;
}

bool is_due(const std::optional<std::uint64_t>& deadline, std::uint64_t now_ms) {
  return deadline && *deadline <= now_ms;
}

ClientExchange::Options exchange_options(const ClientSession::Options& options) {
  ClientExchange::Options result;
  result.plain = options.plain;
  result.queue = options.queue;
  result.pace = options.pace;
  result.rooms = options.rooms;
  return result;
}

}  // namespace

ClientSession::ClientSession(Options options)
    : options_(std::move(options)),
      exchange_(exchange_options(options_), actions_),
      comeback_(options_.comeback) {}

std::vector<ClientAction> ClientSession::take_actions() {
  exchange_.set_outbox(0);  // until the driver says otherwise
  return actions_.take();
}

bool ClientSession::has_connection() const {
  switch (phase_) {
    case Phase::opening:
    case Phase::greeting:
    case Phase::online:
    case Phase::leaving:
    case Phase::closing:
    case Phase::refusing:
      return true;
    case Phase::idle:
    case Phase::fetching:
    case Phase::waiting:
    case Phase::over:
      return false;
  }
  return false;
}

void ClientSession::tell_state(ClientState state, const ConnectionEnd& end,
                               std::uint64_t retry_ms) {
  state_ = state;
  ClientStatus status;
  status.state = state;
  status.code = state == ClientState::connecting ? 0 : close_code_of(end);
  status.reason = end.reason;
  status.retry = std::chrono::milliseconds(retry_ms);
  actions_.add(std::move(status));
}

void ClientSession::tell_connected(const ServerFrame& welcome, bool resumed) {
  state_ = ClientState::open;
  ClientStatus status;
  status.state = state_;
  status.resumed = resumed;
  status.session = welcome.session;
  status.user = welcome.user;
  actions_.add(std::move(status));
}

void ClientSession::connect(std::uint64_t now_ms) {
  if (phase_ != Phase::idle && phase_ != Phase::over) return;
  comeback_.reset();
  token_.spoil();
  tell_state(ClientState::connecting, {}, 0);
  begin_attempt(now_ms);
}

void ClientSession::begin_attempt(std::uint64_t now_ms) {
  retry_at_ms_.reset();
  if (!options_.has_tokens || token_.is_good(now_ms)) return open();
  phase_ = Phase::fetching;
  fetch_token(now_ms);
}

void ClientSession::fetch_token(std::uint64_t now_ms) {
  token_.asked();
  if (fetching_ && now_ms < fetch_by_ms_) return;
  fetching_ = true;
  fetch_by_ms_ = now_ms + options_.token_ms;
  actions_.add(FetchToken{});
}

void ClientSession::open() {
  phase_ = Phase::opening;
  advice_.reset();
  OpenConnection open;
  open.token = token_.value();
  if (options_.plain) {
    open.subprotocols = options_.subprotocols;
  } else {
    open.subprotocols.emplace_back(kSubprotocol);
    if (!session_.empty()) {
      ResumeOffer offer;
      offer.session = session_;
      offer.secret = secret_;
      offer.received = exchange_.tell_received();
      offer.attempt = ++attempts_;
      open.subprotocols.push_back(to_subprotocol(offer));
    }
  }
  actions_.add(std::move(open));
}

void ClientSession::token(std::string token, std::optional<std::uint64_t> good_for_ms,
                          std::uint64_t now_ms) {
  fetching_ = false;
  const bool fresh = token != token_.value();
  token_.hold(token, good_for_ms, now_ms);
  if (phase_ == Phase::fetching) return open();
  if (phase_ == Phase::online && !options_.plain && fresh)
    queue(Outgoing::Frame(Kind::refresh, 0, std::move(token)), now_ms);
}

void ClientSession::token_failed(const std::string& why, std::uint64_t now_ms, double chance) {
  fetching_ = false;
  actions_.add(TellProblem{"no_token", why});
  if (phase_ != Phase::fetching) return token_.ask_again_later(now_ms);
  const ConnectionEnd end(close::kLost, "no token: " + why);
  if (!options_.reconnect) return finish(end);
  Comeback::Verdict verdict;
  verdict.delay_ms = comeback_.next_delay_ms(chance);
  come_back(verdict, end, now_ms);
}

void ClientSession::refresh(std::uint64_t ticket, std::string token,
                            std::optional<std::uint64_t> good_for_ms, std::uint64_t now_ms) {
  if (options_.plain)
    return actions_.settle(ticket, kNotSupported, "a plain server takes no fresh token");
  token_.hold(token, good_for_ms, now_ms);
  queue(Outgoing::Frame(Kind::refresh, ticket, std::move(token)), now_ms);
}

void ClientSession::opened(std::string_view subprotocol, std::uint64_t now_ms) {
  if (phase_ != Phase::opening) return;
  if (options_.plain) {
    comeback_.welcomed(now_ms);
    tell_connected({}, false);
    begin_online({}, now_ms);
    return exchange_.flush(now_ms);
  }
  if (subprotocol == kSubprotocol) {
    phase_ = Phase::greeting;
    welcome_by_ms_ = now_ms + options_.welcome_ms;
    return;
  }
  // The server may be about to say with a Close of its own why it refuses us.
  phase_ = Phase::refusing;
  actions_.add(CloseConnection{close::kNormal, std::string(kSubprotocol) + " is not spoken"});
}

void ClientSession::begin_online(const ServerFrame& welcome, std::uint64_t now_ms) {
  phase_ = Phase::online;
  timing_ = {welcome.ping_ms, options_.answer_ms};
  heartbeat_.begin(now_ms, timing_, 0);
  exchange_.begin_connection(welcome.message_bytes_max, now_ms);
}

void ClientSession::drained(std::uint64_t now_ms) {
  if (phase_ != Phase::online && phase_ != Phase::closing && phase_ != Phase::leaving) return;
  exchange_.drained();
  if (phase_ == Phase::online) exchange_.flush(now_ms);
}

void ClientSession::closing() {
  if (phase_ == Phase::greeting || phase_ == Phase::online) phase_ = Phase::leaving;
}

void ClientSession::ended(const ConnectionEnd& end, std::uint64_t now_ms, double chance) {
  if (!has_connection()) return;
  exchange_.end_connection();
  welcome_by_ms_.reset();
  if (phase_ == Phase::closing) return finish(end);
  if (phase_ == Phase::refusing && close_code_of(end) != close::kUnauthenticated)
    return finish(ConnectionEnd(end.code, std::string(kOtherServer)));
  if (close_code_of(end) == close::kMessageTooBig) exchange_.too_long();
  if (!options_.reconnect) return finish(end);
  const auto verdict = comeback_.after(end, advice_, now_ms, chance);
  if (!verdict.comes_back || (verdict.fresh_token && !options_.has_tokens)) return finish(end);
  if (verdict.fresh_token) token_.spoil();
  exchange_.lose_connection();
  come_back(verdict, end, now_ms);
}

void ClientSession::come_back(const Comeback::Verdict& verdict, const ConnectionEnd& end,
                              std::uint64_t now_ms) {
  tell_state(ClientState::reconnecting, end, verdict.delay_ms);
  if (verdict.delay_ms == 0) return begin_attempt(now_ms);
  phase_ = Phase::waiting;
  retry_at_ms_ = now_ms + verdict.delay_ms;
}

void ClientSession::finish(const ConnectionEnd& end) {
  phase_ = Phase::over;
  retry_at_ms_.reset();
  session_.clear();
  secret_.clear();
  exchange_.end_session();
  const std::string why = end.reason.empty() ? "the client is closed" : end.reason;
  exchange_.drop(word_for(close_code_of(end)), why);
  tell_state(ClientState::closed, end, 0);
}

void ClientSession::close(std::uint16_t code, std::string reason) {
  if (phase_ == Phase::over || phase_ == Phase::closing) return;
  exchange_.drop_unsent("closed", "the client was closed");
  if (!has_connection()) return finish(ConnectionEnd(code, std::move(reason)));
  phase_ = Phase::closing;
  actions_.add(CloseConnection{code, std::move(reason)});
}

void ClientSession::give_up(std::string why, std::uint64_t now_ms, double chance) {
  actions_.add(DropConnection{});
  ended(ConnectionEnd(close::kLost, std::move(why)), now_ms, chance);
}

void ClientSession::heard(std::uint64_t at_ms) {
  heartbeat_.heard(at_ms);
}

std::optional<std::uint64_t> ClientSession::deadline_ms() const {
  std::optional<std::uint64_t> deadline;
  if (phase_ == Phase::idle || phase_ == Phase::over) return deadline;
  if (phase_ == Phase::waiting) deadline = retry_at_ms_;
  if (phase_ == Phase::greeting) deadline = welcome_by_ms_;
  if (phase_ == Phase::online) deadline = online_deadline_ms();
  if (fetching_) sooner(deadline, fetch_by_ms_);
  return deadline;
}

std::optional<std::uint64_t> ClientSession::online_deadline_ms() const {
  std::optional<std::uint64_t> deadline = exchange_.deadline_ms();
  if (options_.plain) return deadline;
  if (timing_.interval_ms != 0) sooner(deadline, heartbeat_.deadline_ms(timing_));
  if (options_.has_tokens && !fetching_) sooner(deadline, token_.refresh_at_ms());
  return deadline;
}

void ClientSession::on_deadline(std::uint64_t now_ms, double chance) {
  if (fetching_ && now_ms >= fetch_by_ms_)
    token_failed("the token function has not returned in time", now_ms, chance);
  if (phase_ == Phase::waiting && is_due(retry_at_ms_, now_ms)) return begin_attempt(now_ms);
  if (phase_ == Phase::greeting && is_due(welcome_by_ms_, now_ms))
    return give_up("the server has not said welcome", now_ms, chance);
  if (phase_ != Phase::online) return;
  exchange_.on_deadline(now_ms);
  if (options_.plain) return;
  if (options_.has_tokens && is_due(token_.refresh_at_ms(), now_ms)) fetch_token(now_ms);
  switch (heartbeat_.check(now_ms, timing_)) {
    case base::Heartbeat::Verdict::lost:
      return give_up("the server has stopped answering", now_ms, chance);
    case base::Heartbeat::Verdict::ping:
      return exchange_.transmit(client::ping());
    case base::Heartbeat::Verdict::alive:
      return;
  }
}

// --- the application's wishes ---

void ClientSession::send(std::uint64_t ticket, std::string json, std::uint64_t now_ms) {
  queue(Outgoing::Frame(Kind::message, ticket, std::move(json)), now_ms);
}

void ClientSession::post(const std::string& json, std::uint64_t now_ms) {
  if (phase_ == Phase::online) exchange_.post(json, now_ms);
}

void ClientSession::send_binary(std::uint64_t ticket, std::string bytes, std::uint64_t now_ms) {
  queue(Outgoing::Frame(Kind::binary, ticket, std::move(bytes)), now_ms);
}

void ClientSession::join(std::uint64_t ticket, Entry entry, std::uint64_t now_ms) {
  if (options_.plain)
    return actions_.settle(ticket, kNotSupported, "a plain server has no rooms to join");
  Outgoing::Frame frame(Kind::join, ticket, std::move(entry.room));
  frame.since = std::move(entry.since);
  frame.last = entry.last;
  queue(std::move(frame), now_ms);
}

void ClientSession::leave(std::uint64_t ticket, const std::string& room, std::uint64_t now_ms) {
  if (options_.plain)
    return actions_.settle(ticket, kNotSupported, "a plain server has no rooms to leave");
  queue(Outgoing::Frame(Kind::leave, ticket, room), now_ms);
}

void ClientSession::queue(Outgoing::Frame frame, std::uint64_t now_ms) {
  if (phase_ == Phase::over || phase_ == Phase::closing)
    return actions_.settle(frame.ticket, "closed", "the client is closed");
  if (exchange_.queue(std::move(frame)) && phase_ == Phase::online) exchange_.flush(now_ms);
}

void ClientSession::answer(const TellMessage& message, const Json* reply) {
  if (!reply) return give(message, client::ack(message.id, nullptr));
  // What cannot be read again would be no answer, and text that is not UTF-8 would end the
  // connection (RFC 6455 §8.1).
  std::string why;
  if (!base::parse_json(to_text(*reply), why))
    return answer_error(message, kFailed, "the reply cannot be sent: " + why);
  std::string answer = client::ack(message.id, reply);
  if (!exchange_.fits(answer.size()))
    return answer_error(message, kFailed, "the reply is longer than the server takes");
  give(message, std::move(answer));
}

void ClientSession::answer_error(const TellMessage& message, std::string_view code,
                                 std::string_view text) {
  give(message, client::error(message.id, code, text));
}

void ClientSession::give(const TellMessage& message, std::string answer) {
  if (exchange_.keep_answer(message, answer) && phase_ == Phase::online)
    exchange_.transmit(std::move(answer));
}

// --- frames ---

void ClientSession::text(std::string_view frame, std::uint64_t now_ms) {
  heartbeat_.heard(now_ms);
  if (options_.plain) {
    // RFC 6455 §5.5.1: the server may send until it sees our Close.
    if (phase_ == Phase::online || phase_ == Phase::closing)
      actions_.add(TellText{std::string(frame)});
    return;
  }
  if (phase_ != Phase::greeting && phase_ != Phase::online) return;
  auto parsed = parse_server_frame(frame);
  if (!parsed) {
    actions_.add(TellProblem{std::string(kBadFrame), parsed.error()});
    if (phase_ == Phase::online) exchange_.count(now_ms);
    return;
  }
  using Type = ServerFrame::Type;
  if (parsed->type == Type::bye) return take_bye(*parsed);
  if (phase_ == Phase::online) return take(std::move(*parsed), now_ms);
  if (parsed->type == Type::welcome) welcome(*parsed, now_ms);
}

void ClientSession::take(ServerFrame frame, std::uint64_t now_ms) {
  const auto news = exchange_.take(std::move(frame), now_ms);
  if (news == ClientExchange::News::none) return;
  comeback_.proved();
  if (news == ClientExchange::News::token_refused) token_.ask_again_later(now_ms);
}

void ClientSession::binary(base::Bytes frame, std::uint64_t now_ms) {
  heartbeat_.heard(now_ms);
  if (phase_ != Phase::online && !(options_.plain && phase_ == Phase::closing)) return;
  if (options_.plain) return actions_.add(TellBinary{std::string(base::as_text(frame)), {}, {}});
  exchange_.take_binary(frame, now_ms);
}

void ClientSession::take_bye(const ServerFrame& frame) {
  advice_.emplace();
  advice_->reconnect = frame.reconnect;
  advice_->retry_ms = frame.retry_ms;
  ByeAdvice bye;
  bye.code = static_cast<std::uint16_t>(frame.close);
  bye.reason = frame.text;
  bye.reconnect = frame.reconnect;
  bye.retry = std::chrono::milliseconds(frame.retry_ms);
  actions_.add(std::move(bye));
}

void ClientSession::welcome(const ServerFrame& frame, std::uint64_t now_ms) {
  comeback_.welcomed(now_ms);
  welcome_by_ms_.reset();
  const bool resumed = frame.resumed && !session_.empty();
  tell_connected(frame, resumed);
  if (!resumed) {
    attempts_ = 0;
    // A message's name on the server is its user's too: another user's would be another message.
    exchange_.begin_session(frame.session, frame.inherits && frame.user == user_, now_ms);
  }
  session_ = frame.session;
  secret_ = frame.secret;
  user_ = frame.user;
  begin_online(frame, now_ms);
  if (resumed) exchange_.resume(frame.handled);
  exchange_.flush(now_ms);
}

}  // namespace microframe::v1
