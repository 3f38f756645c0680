#include "v1/server_session.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "v1/binary.hpp"
#include "v1/close_codes.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

using ClientType = ClientFrame::Type;

std::uint32_t narrow(std::uint64_t ms) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(ms, UINT32_MAX));
}

Reply counted(std::string text) {
  return {std::move(text), true};
}

Reply uncounted(std::string text) {
  return {std::move(text), false};
}

}  // namespace

ServerSession::ServerSession(std::string name, std::string secret, const Options& options)
    : name_(std::move(name)),
      secret_(std::move(secret)),
      ttl_ms_(narrow(options.ttl_ms)),
      ping_ms_(narrow(options.ping_ms)),
      message_bytes_max_(options.message_bytes_max),
      sent_(options.kept) {}

bool ServerSession::heals(std::uint16_t close_code) {
  return close_code == close::kGoingAway || close_code == close::kInternalError ||
         close_code == close::kServiceRestart || close_code == close::kTryAgainLater ||
         close_code == close::kUnauthenticated || close_code == close::kTooSlow ||
         close_code == close::kTooManyMessages || close_code == close::kMessageTooBig;
}

// --- a connection begins ---

std::string ServerSession::welcome_text(std::string_view user, bool resumed, bool inherits) const {
  Welcome welcome;
  welcome.session = name_;
  welcome.secret = secret_;
  welcome.user = user;
  welcome.resumed = resumed;
  welcome.inherits = inherits;
  welcome.handled = ids_.handled();
  welcome.ttl_ms = ttl_ms_;
  welcome.ping_ms = ping_ms_;
  welcome.message_bytes_max = message_bytes_max_;
  return v1::welcome(welcome);
}

Reply ServerSession::welcome(std::string_view user, bool inherits) const {
  return uncounted(welcome_text(user, false, inherits));
}

bool ServerSession::is_latest(std::uint64_t attempt) {
  if (attempt != 0 && attempt <= attempts_) return false;
  attempts_ = std::max(attempts_, attempt);
  return true;
}

Reply ServerSession::welcome_back(std::string_view user, std::uint64_t received) {
  sent_.forget(received);
  return uncounted(welcome_text(user, true, false));
}

ServerSession::Past ServerSession::past() const {
  Past past;
  past.sent = sent_.count();
  past.handled = ids_.handled();
  past.asked = asked_;
  past.attempts = attempts_;
  return past;
}

void ServerSession::restore(const Past& past, std::size_t kept) {
  sent_.restore(past.sent - kept);
  ids_.restore(past.handled);
  asked_ = past.asked;
  attempts_ = past.attempts;
}

// --- in ---

bool ServerSession::tells_progress(const Parsed& frame) const {
  return frame && frame->type == ClientType::received && sent_.kept() != 0 &&
         frame->number > sent_.count() - sent_.kept();
}

ServerStep ServerSession::take(Parsed parsed) {
  if (!parsed) return refuse_frame(parsed.error());
  ClientFrame& frame = *parsed;
  switch (frame.type) {
    case ClientType::received:
      sent_.forget(frame.number);
      return Nothing{};
    case ClientType::ping:
      return uncounted(v1::pong());
    case ClientType::ack:
      return SettleAsk{frame.id, false, std::move(frame.data)};
    case ClientType::error:
      return SettleAsk{frame.id, true,
                       boost::json::object{{"code", frame.name}, {"message", frame.text}}};
    case ClientType::message:
      if (!ids_.accept(frame.id)) return Nothing{};
      return Handle{std::move(frame)};
    case ClientType::join:
    case ClientType::leave:
    case ClientType::refresh:
      if (!ids_.accept(frame.id)) return Nothing{};
      return Control{std::move(frame)};
  }
  return Nothing{};
}

ServerStep ServerSession::take_binary(base::Bytes bytes) {
  const auto frame = parse_binary(bytes);
  const bool is_good = frame && frame->number <= kNumberMax &&
                       (frame->room.empty() || (frame->number != 0 && parse_origin(frame->room)));
  if (!is_good) return error(0, kBadFrame, "a binary frame begins with ten bytes of its own");
  if (!ids_.accept(frame->number)) return Nothing{};
  return HandleBinary{frame->number, frame->content, frame->room};
}

// A frame whose own id could be read is answered by that, and must not be sent again: its id counts
// as handled.
ServerStep ServerSession::refuse_frame(const FrameFault& fault) {
  if (fault.is_numbered) {
    if (!ids_.accept(fault.id)) return Nothing{};
    ids_.begin(fault.id);
  }
  return error(fault.id, fault.code, fault.message);
}

// --- out ---

ServerSession::Asked ServerSession::ask(std::string_view json) {
  MessagePlace numbered;
  numbered.id = ++asked_;
  return {numbered.id, counted(message(numbered, json))};
}

Reply ServerSession::bye(std::uint16_t code, std::string_view reason,
                         std::uint64_t retry_ms) const {
  Bye bye;
  bye.code = code;
  bye.reason = reason;
  bye.reconnect = heals(code);
  if (bye.reconnect && code != close::kUnauthenticated) bye.retry_ms = retry_ms;
  return uncounted(v1::bye(bye));
}

// --- answers ---

void ServerSession::begin(std::uint64_t id) {
  ids_.begin(id);
  current_ = id;
  answer_ = Answer::due;
}

std::optional<Reply> ServerSession::answer(const Json* reply) {
  if (answer_ != Answer::due) return std::nullopt;
  answer_ = Answer::given;
  if (current_ != 0) return counted(v1::ack(current_, reply));
  if (reply) return counted(message(MessagePlace(), to_text(*reply)));
  return std::nullopt;
}

Reply ServerSession::refuse(std::string_view code, std::string_view text) {
  const std::uint64_t id = is_answering() ? current_ : 0;
  answer_ = Answer::none;
  return error(id, code, text);
}

std::optional<Reply> ServerSession::done() {
  auto acknowledgement = answer(nullptr);
  answer_ = Answer::none;
  return acknowledgement;
}

Reply ServerSession::error(std::uint64_t id, std::string_view code, std::string_view text) const {
  return counted(v1::error(id, code, text));
}

Reply ServerSession::ack(std::uint64_t id) const {
  return counted(v1::ack(id, nullptr));
}

// --- rooms ---

Reply ServerSession::joined(const Joined& said) const {
  return counted(v1::joined(said));
}

Reply ServerSession::left(std::string_view room) const {
  return counted(v1::left(room, leave_));
}

}  // namespace microframe::v1
