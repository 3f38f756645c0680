#include "ws/session.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>

#include "base/chance.hpp"
#include "base/to_ms.hpp"
#include "hub/hub.hpp"
#include "proto/utf8.hpp"
#include "v1/binary.hpp"
#include "v1/names.hpp"
#include "v1/server_frames.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/hook_runner.hpp"
#include "ws/loop_server.hpp"
#include "ws/resumption.hpp"
#include "ws/server_connection.hpp"
#include "ws/site.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;
using Type = v1::ClientFrame::Type;

// Of ours that are unanswered, a session.
constexpr std::size_t kAsksMax = 1'000;

std::uint64_t random_below(std::uint64_t bound) {
  return static_cast<std::uint64_t>(base::chance() * static_cast<double>(bound));
}

}  // namespace

Session::Session(ServerConnection& connection, const Limits& limits)
    : connection_(connection),
      limits_(limits),
      key_(SessionKey::make()),
      sent_({limits.session_bytes_max, limits.session_frames_max}) {}

Session::~Session() = default;

bool Session::heals(proto::CloseCode code) {
  using proto::CloseCode;
  return code == CloseCode::going_away || code == CloseCode::internal_error ||
         code == CloseCode::service_restart || code == CloseCode::try_again_later ||
         code == CloseCode::unauthenticated || code == CloseCode::too_slow;
}

// --- the stream begins ---

std::string Session::welcome_text(bool resumed) const {
  v1::Welcome welcome;
  welcome.session = key_.name;
  welcome.secret = key_.secret;
  welcome.user = connection_.user();
  welcome.resumed = resumed;
  welcome.handled = ids_.handled();
  welcome.ttl_ms = base::to_ms(limits_.session_ttl);
  welcome.ping_ms = base::to_ms(limits_.ping_interval);
  return v1::welcome(welcome);
}

void Session::welcome() {
  send_uncounted(welcome_text(false));
}

bool Session::is_latest(std::uint64_t attempt) {
  if (attempt != 0 && attempt <= attempts_) return false;
  attempts_ = std::max(attempts_, attempt);
  return true;
}

void Session::welcome_back(std::uint64_t received) {
  send_uncounted(welcome_text(true));
  sent_.forget(received);
  SessionCounts& counts = connection_.endpoint().session_counts();
  SessionCounts::add(counts.resumed);
  SessionCounts::add(counts.replayed, sent_.kept());
  sent_.for_each_after(received,
                       [&](const SharedBuffer& frame) { connection_.transmit_again(frame); });
}

// --- in ---

void Session::read(bool binary, base::Bytes payload, HookRunner& runner) {
  if (binary) {
    read_binary(payload, runner);
  } else {
    read_text(payload, runner);
  }
}

void Session::read_binary(base::Bytes payload, HookRunner& runner) {
  if (!connection_.within_rate()) return;
  const auto frame = v1::parse_binary(payload);
  if (!frame || !frame->room.empty() || frame->number > v1::kNumberMax)
    return connection_.refuse_frame(0, v1::kBadFrame,
                                    "a binary frame begins with ten bytes of its own");
  if (ids_.accept(frame->number)) runner.v1_binary(frame->content, frame->number);
}

void Session::read_text(base::Bytes payload, HookRunner& runner) {
  auto frame = v1::parse_client_frame(base::as_text(payload));
  // What tells of progress is bounded by what was sent, and has no rate of its own.
  const bool tells_progress = frame && frame->type == Type::received && sent_.kept() != 0 &&
                              frame->number > sent_.count() - sent_.kept();
  if (!tells_progress && !connection_.within_rate()) return;
  if (!frame) {
    const v1::FrameFault& fault = frame.error();
    if (!fault.is_numbered) return connection_.refuse_frame(fault.id, fault.code, fault.message);
    // It has been answered then, and is not to be sent again.
    if (!ids_.accept(fault.id)) return;
    ids_.begin(fault.id);
    return connection_.refuse_frame(fault.id, fault.code, fault.message);
  }
  handle(std::move(*frame), payload.size(), runner);
}

void Session::handle(v1::ClientFrame frame, std::size_t bytes, HookRunner& runner) {
  switch (frame.type) {
    case Type::received:
      return sent_.forget(frame.number);
    case Type::ping:
      return send_uncounted(v1::pong());
    case Type::ack:
      return settle(frame.id, AckStatus::acknowledged, std::move(frame.data));
    case Type::error:
      return settle(frame.id, AckStatus::failed,
                    boost::json::object{{"code", frame.name}, {"message", frame.text}});
    case Type::message:
      if (ids_.accept(frame.id)) runner.v1_message(std::move(frame), bytes);
      return;
    case Type::join:
    case Type::leave:
    case Type::refresh:
      if (ids_.accept(frame.id)) runner.v1_control(std::move(frame), bytes);
      return;
  }
}

// --- out ---

void Session::send(std::string_view text) {
  SessionCounts::add(connection_.endpoint().session_counts().encoded);
  deliver(encode_text(text));
}

void Session::send_uncounted(std::string_view text) {
  connection_.transmit(encode_text(text));
}

void Session::deliver(const SharedBuffer& frame) {
  sent_.add(frame);
  connection_.transmit(frame);
}

void Session::deliver_form_of(const base::Frame& frame) {
  if (frame.enveloped()) return deliver(frame.enveloped());
  SessionCounts::add(connection_.endpoint().session_counts().encoded);
  deliver(envelope(frame.plain()));
}

void Session::bye(proto::CloseCode code, std::string_view reason) {
  v1::Bye bye;
  bye.code = static_cast<std::uint16_t>(code);
  bye.reason = reason;
  bye.reconnect = heals(code);
  if (bye.reconnect && code != proto::CloseCode::unauthenticated)
    bye.retry_ms = random_below(connection_.retry_window_ms(code));
  send_uncounted(v1::bye(bye));
}

// --- what the server asks ---

void Session::ask(const Json& message, std::chrono::milliseconds timeout, Answered answered) {
  if (asks_.size() >= kAsksMax)
    return answered(AckStatus::failed, "too many messages are unanswered");
  v1::MessagePlace numbered;
  numbered.id = ++asked_;
  asks_.emplace(numbered.id, std::move(answered));
  send(v1::message(numbered, to_text(message)));
  const base::Ref<ServerConnection> held(&connection_);
  connection_.server_.loop().after(timeout, [held, id = numbered.id] {
    held->guarded([&] { held->session_->settle(id, AckStatus::timed_out, {}); });
  });
}

void Session::settle(std::uint64_t id, AckStatus status, Json data) {
  const auto found = asks_.find(id);
  if (found == asks_.end()) return;  // too late, or never asked
  const Answered answered = std::move(found->second);
  asks_.erase(found);
  answered(status, std::move(data));
}

void Session::end() {
  while (!asks_.empty()) settle(asks_.begin()->first, AckStatus::disconnected, {});
}

// --- answers ---

void Session::begin(std::uint64_t id) {
  ids_.begin(id);
  current_ = id;
  answering_ = true;
  answered_ = false;
}

void Session::answer(const Json* reply) {
  if (answered_) return;
  answered_ = true;
  if (current_ != 0) {
    send(v1::ack(current_, reply));
  } else if (reply) {
    send(v1::message(v1::MessagePlace(), to_text(*reply)));
  }
}

void Session::refuse(std::string_view code, std::string_view text) {
  refuse(answering_ ? current_ : 0, code, text);
  answering_ = false;
}

void Session::refuse(std::uint64_t id, std::string_view code, std::string_view text) {
  // Bytes of an application that are no text would end this connection (§8.1).
  const bool is_text = proto::is_utf8(base::as_bytes(text));
  send(v1::error(id, code, is_text ? text : "not UTF-8"));
}

void Session::done() {
  if (!answering_) return;
  answer(nullptr);
  answering_ = false;
}

// --- rooms and tokens ---

void Session::control(const v1::ClientFrame& frame, bool allowed) {
  answering_ = false;
  switch (frame.type) {
    case Type::join:
      if (allowed) return join(frame);
      return refuse(frame.id, v1::kForbidden, "the room is not for you");
    case Type::leave:
      return leave(frame);
    case Type::refresh:
      if (!connection_.refresh_token(frame.name))
        return refuse(frame.id, v1::kBadToken, "the token is not good, or another user's");
      return send(v1::ack(frame.id, nullptr));
    default:
      return;
  }
}

void Session::join(const v1::ClientFrame& frame) {
  hub::JoinWish wish;
  wish.since = frame.since;
  wish.latest = static_cast<std::size_t>(frame.number);
  join_ = frame.id;
  const JoinResult result = connection_.endpoint().hub().join(connection_, frame.name, &wish);
  join_ = 0;
  if (in_room(result)) return;  // joined() has told it
  connection_.endpoint().count(result, connection_.remote_address());
  if (result == JoinResult::name_invalid)
    return refuse(frame.id, v1::kRoomNameInvalid, "a room's name is 1 to 255 bytes");
  refuse(frame.id, v1::kTooManyRooms, "there are too many rooms");
}

void Session::joined(const hub::Joined& joined) {
  v1::Joined said;
  said.room = joined.room;
  said.id = join_;
  said.epoch = joined.epoch;
  said.offset = joined.offset;
  said.recovered = joined.recovered;
  Json presence;
  if (joined.presence) {
    presence = to_json(*joined.presence);
    said.presence = &presence;
  }
  send(v1::joined(said));
  if (!joined.missed) return;
  SessionCounts::add(connection_.endpoint().session_counts().replayed, joined.missed->size());
  for (const base::Frame& frame : *joined.missed) deliver_form_of(frame);
}

void Session::leave(const v1::ClientFrame& frame) {
  leave_ = frame.id;
  const bool left = connection_.endpoint().hub().leave(connection_, frame.name);
  leave_ = 0;
  if (!left) refuse(frame.id, v1::kNotInRoom, "you are not in that room");
}

void Session::left(std::string_view room) {
  send(v1::left(room, leave_));
}

}  // namespace microframe::ws
