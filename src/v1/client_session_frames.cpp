#include <ranges>
#include <utility>

#include "v1/binary.hpp"
#include "v1/client_frames.hpp"
#include "v1/client_session.hpp"
#include "v1/fields.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

using Kind = Outgoing::Kind;

std::string binary_frame(const Outgoing::Frame& frame) {
  BinaryFrame binary;
  binary.number = frame.id;
  binary.content = base::as_bytes(frame.content);
  return write_binary(binary);
}

std::string join_frame(const Outgoing::Frame& frame) {
  client::Join join;
  join.id = frame.id;
  join.room = frame.content;
  join.since = frame.since ? &*frame.since : nullptr;
  join.last = frame.last;
  return client::join(join);
}

std::string written(const Outgoing::Frame& frame) {
  switch (frame.kind) {
    case Kind::message:
      return client::message(frame.id, frame.content);
    case Kind::binary:
      return binary_frame(frame);
    case Kind::join:
      return join_frame(frame);
    case Kind::leave:
      return client::leave(frame.id, frame.content);
    case Kind::refresh:
      return client::refresh(frame.id, frame.content);
  }
  return {};
}

}  // namespace

void ClientSession::send(std::uint64_t ticket, std::string json, std::uint64_t now_ms) {
  queue(Outgoing::Frame(Kind::message, ticket, std::move(json)), now_ms);
}

void ClientSession::post(std::string json) {
  if (phase_ == Phase::online)
    transmit(options_.plain ? std::move(json) : client::message(0, json));
}

void ClientSession::send_binary(std::uint64_t ticket, std::string bytes, std::uint64_t now_ms) {
  queue(Outgoing::Frame(Kind::binary, ticket, std::move(bytes)), now_ms);
}

void ClientSession::join(std::uint64_t ticket, Entry entry, std::uint64_t now_ms) {
  if (options_.plain) return settle(ticket, kNotSupported, "a plain server has no rooms to join");
  Outgoing::Frame frame(Kind::join, ticket, entry.room);
  frame.since = std::move(entry.since);
  frame.last = entry.last;
  const bool tells_since = frame.since.has_value();
  if (queue(std::move(frame), now_ms)) rooms_.want(entry.room, tells_since);
}

void ClientSession::leave(std::uint64_t ticket, const std::string& room, std::uint64_t now_ms) {
  if (options_.plain) return settle(ticket, kNotSupported, "a plain server has no rooms to leave");
  if (queue(Outgoing::Frame(Kind::leave, ticket, room), now_ms)) rooms_.forsake(room);
}

bool ClientSession::queue(Outgoing::Frame frame, std::uint64_t now_ms) {
  const std::uint64_t ticket = frame.ticket;
  if (phase_ == Phase::over || phase_ == Phase::closing) {
    settle(ticket, "closed", "the client is closed");
    return false;
  }
  if (!outgoing_.add(std::move(frame))) {
    settle(ticket, "queue_full", "too much waits to be sent");
    return false;
  }
  if (phase_ == Phase::online) flush(now_ms);
  return true;
}

void ClientSession::flush(std::uint64_t now_ms) {
  send_at_ms_.reset();
  while (outgoing_.has_unsent()) {
    if (!options_.plain && !pace_.allows(now_ms)) {
      send_at_ms_ = pace_.next_ms();
      return;
    }
    const Outgoing::Frame& frame = *outgoing_.send_next();
    pace_.count();
    if (!options_.plain) {
      act(Transmit{frame.kind == Kind::binary, written(frame)});
      continue;
    }
    // Nobody will answer: the message is settled once it is on its way.
    const auto taken = outgoing_.take(frame.id);
    act(Transmit{taken->kind == Kind::binary, taken->content});
    settle(taken->ticket);
  }
}

void ClientSession::transmit(std::string text) {
  pace_.count();
  act(Transmit{false, std::move(text)});
}

void ClientSession::answer(const TellMessage& message, const Json* reply) {
  give(message, client::ack(message.id, reply));
}

void ClientSession::answer_error(const TellMessage& message, std::string_view code,
                                 std::string_view text) {
  give(message, client::error(message.id, code, text));
}

void ClientSession::give(const TellMessage& message, std::string answer) {
  if (message.id == 0 || message.session != session_number_) return;
  answers_.add(answer, outgoing_.last_id());
  if (phase_ == Phase::online) transmit(std::move(answer));
}

void ClientSession::text(std::string_view frame, std::uint64_t now_ms) {
  heartbeat_.heard(now_ms);
  if (options_.plain) {
    // RFC 6455 §5.5.1: the server may send until it sees our Close.
    if (phase_ == Phase::online || phase_ == Phase::closing) act(TellText{std::string(frame)});
    return;
  }
  if (phase_ != Phase::greeting && phase_ != Phase::online) return;
  auto parsed = parse_server_frame(frame);
  if (!parsed) {
    act(TellProblem{std::string(kBadFrame), parsed.error()});
    if (phase_ == Phase::online) count(now_ms);
    return;
  }
  using Type = ServerFrame::Type;
  if (parsed->type == Type::bye) return take_bye(*parsed);
  if (phase_ == Phase::online) return take(std::move(*parsed), now_ms);
  if (parsed->type == Type::welcome) welcome(*parsed, now_ms);
}

void ClientSession::binary(base::Bytes frame, std::uint64_t now_ms) {
  heartbeat_.heard(now_ms);
  if (phase_ != Phase::online && !(options_.plain && phase_ == Phase::closing)) return;
  if (options_.plain) return act(TellBinary{std::string(base::as_text(frame)), {}, {}});
  count(now_ms);
  const auto parsed = parse_binary(frame);
  if (!parsed) return act(TellProblem{std::string(kBadFrame), "a binary frame"});
  TellBinary told{std::string(base::as_text(parsed->content)), std::string(parsed->room), {}};
  if (parsed->number != 0) told.offset = parsed->number;
  if (rooms_.accept(told.room, told.offset)) act(std::move(told));
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
  act(std::move(bye));
}

void ClientSession::tell_left(std::string room, std::string_view code, std::string_view message) {
  LeftRoom left;
  left.room = std::move(room);
  left.code = code;
  left.message = message;
  act(std::move(left));
}

void ClientSession::welcome(const ServerFrame& frame, std::uint64_t now_ms) {
  comeback_.welcomed(now_ms);
  welcome_by_ms_.reset();
  const bool resumed = frame.resumed && !session_.empty();
  tell_connected(frame, resumed);
  if (resumed) {
    outgoing_.resume(frame.handled);
  } else {
    begin_session();
  }
  session_ = frame.session;
  secret_ = frame.secret;
  begin_online(frame.ping_ms, now_ms);
  if (resumed) answers_.for_each([this](const std::string& answer) { transmit(answer); });
  flush(now_ms);
}

void ClientSession::begin_session() {
  ++session_number_;
  attempts_ = 0;
  received_.begin();
  answers_.clear();
  for (const auto& lost : outgoing_.begin_anew()) {
    if (lost.kind == Kind::leave) {
      settle(lost.ticket);
    } else {
      settle(lost.ticket, "session_lost",
             "the session is gone before the answer came: it may be handled");
    }
  }
  auto anew = rooms_.begin_anew(session_, outgoing_);
  for (auto& join : anew.joins | std::views::reverse) outgoing_.add_first(std::move(join));
  for (std::string& room : anew.lost)
    tell_left(std::move(room), "session_lost", "the server chose it");
}

void ClientSession::count(std::uint64_t now_ms) {
  if (received_.count(now_ms)) transmit(client::received(received_.tell()));
}

void ClientSession::take(ServerFrame frame, std::uint64_t now_ms) {
  using Type = ServerFrame::Type;
  if (frame.type != Type::welcome && frame.type != Type::pong) count(now_ms);
  switch (frame.type) {
    case Type::message:
      if (frame.id != 0 || rooms_.accept(frame.room, frame.offset))
        act(TellMessage{std::move(frame.data), std::move(frame.room), frame.offset, frame.id,
                        session_number_});
      return;
    case Type::ack:
    case Type::error:
      return take_answer(frame, now_ms);
    case Type::joined:
      return take_joined(frame);
    case Type::left:
      rooms_.left(frame.room, outgoing_.has_join(frame.room));
      tell_left(frame.room);
      return take_answer(frame, now_ms);
    case Type::presence:
      if (rooms_.change_presence(frame.room, frame.joins, frame.leaves))
        act(TellPresence{std::move(frame.room), std::move(frame.joins), std::move(frame.leaves)});
      return;
    case Type::welcome:
    case Type::pong:
    case Type::bye:
    case Type::unknown:
      return;
  }
}

void ClientSession::take_answer(ServerFrame& frame, std::uint64_t now_ms) {
  if (frame.id == 0) {
    if (frame.type == ServerFrame::Type::error) act(TellProblem{frame.code, frame.text});
    return;
  }
  answers_.arrived(frame.id);
  const auto asked = outgoing_.take(frame.id);
  if (!asked) return;
  comeback_.proved();
  if (frame.type == ServerFrame::Type::error) return take_refusal(frame, *asked, now_ms);
  settle(asked->ticket, {}, {}, std::move(frame.data));
}

void ClientSession::take_refusal(const ServerFrame& frame, const Outgoing::Frame& refused,
                                 std::uint64_t now_ms) {
  if (refused.kind == Kind::join) {
    const bool known_left = rooms_.is_known_left(refused.content);
    auto still_in = rooms_.refused(refused.content);
    if (still_in) {
      act(std::move(*still_in));
    } else if (refused.ticket == 0 && !rooms_.is_in(refused.content) && !known_left) {
      tell_left(refused.content, frame.code, frame.text);
    }
  }
  if (refused.kind == Kind::refresh) token_.ask_again_later(now_ms);
  settle(refused.ticket, frame.code, frame.text);
}

void ClientSession::take_joined(ServerFrame& frame) {
  const auto join = frame.id != 0 ? outgoing_.take(frame.id) : std::nullopt;
  if (frame.id != 0) answers_.arrived(frame.id);
  JoinedRoom joined = rooms_.joined(std::move(frame), join ? &*join : nullptr);
  Json reply = {{"room", joined.room}};
  auto& members = reply.as_object();
  if (joined.recovered) members["recovered"] = *joined.recovered;
  if (!joined.epoch.empty()) members["epoch"] = joined.epoch;
  if (joined.offset) members["offset"] = *joined.offset;
  if (!joined.presence.is_null()) members["presence"] = joined.presence;
  act(std::move(joined));
  if (join) settle(join->ticket, {}, {}, std::move(reply));
}

}  // namespace microframe::v1
