#include "v1/client_exchange.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "v1/binary.hpp"
#include "v1/client_frames.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

constexpr std::string_view kPresenceTooBig = "presence_too_big";

using Kind = Outgoing::Kind;

std::string binary_frame(const Outgoing::Frame& frame) {
  BinaryFrame binary;
  binary.number = frame.id;
  binary.room = frame.of;
  binary.content = base::as_bytes(frame.content);
  return write_binary(binary);
}

// read: how far the room was read, if that is known.
std::string join_frame(const Outgoing::Frame& frame, const std::optional<RoomPosition>& read) {
  client::Join join;
  join.id = frame.id;
  join.room = frame.content;
  std::optional<Since> since = frame.since;
  if (!since && frame.last != 0 && read) {
    // What is passed over while the join is under way is asked for too, however much that is.
    since.emplace();
    since->epoch = read->epoch;
    since->offset = read->offset;
    since->session = read->session;
  }
  join.since = since ? &*since : nullptr;
  join.last = frame.last;
  return client::join(join);
}

// read: of a join's room.
std::string written(const Outgoing::Frame& frame, const std::optional<RoomPosition>& read) {
  switch (frame.kind) {
    case Kind::message:
      return client::message(frame.id, frame.content, frame.of);
    case Kind::binary:
      return binary_frame(frame);
    case Kind::join:
      return join_frame(frame, read);
    case Kind::leave:
      return client::leave(frame.id, frame.content);
    case Kind::refresh:
      return client::refresh(frame.id, frame.content);
  }
  return {};
}

}  // namespace

// --- out ---

bool ClientExchange::queue(Outgoing::Frame frame) {
  const Kind kind = frame.kind;
  const std::uint64_t ticket = frame.ticket;
  const std::string room = kind == Kind::join || kind == Kind::leave ? frame.content : "";
  const bool wishes = frame.since || frame.last != 0;
  if (kind == Kind::join && !rooms_.takes(room)) {
    actions_.settle(ticket, kTooManyRooms, "the client keeps no more rooms");
    return false;
  }
  if (!outgoing_.add(std::move(frame))) {
    actions_.settle(ticket, "queue_full", "too much waits to be sent");
    return false;
  }
  if (kind == Kind::join) rooms_.want(room, wishes);
  if (kind == Kind::leave) rooms_.forsake(room);
  return true;
}

void ClientExchange::flush(std::uint64_t now_ms) {
  send_at_ms_.reset();
  // What does not fit into the outbox goes when that is drained.
  while (outgoing_.has_unsent() && outbox_bytes_ < kOutboxBytes) {
    if (!plain_ && !pace_.allows(now_ms)) {
      send_at_ms_ = pace_.next_ms();
      return;
    }
    send_next(now_ms);
  }
}

void ClientExchange::send_next(std::uint64_t now_ms) {
  const Outgoing::Frame& frame = *outgoing_.send_next(now_ms);
  std::string bytes =
      plain_ ? frame.content : written(frame, rooms_.position(frame.content, session_));
  if (!fits(bytes.size())) {
    const auto refused = outgoing_.take(frame.id);
    return refuse(
        *refused, kTooLong,
        "the server takes no frame longer than " + std::to_string(*frame_bytes_max_) + " bytes");
  }
  pace_.count();
  outbox_bytes_ += bytes.size();
  actions_.add(Transmit{frame.kind == Kind::binary, std::move(bytes)});
}

void ClientExchange::drained() {
  outbox_bytes_ = 0;
  if (!plain_) return;
  for (const auto& frame : outgoing_.take_sent()) actions_.settle(frame.ticket);
}

void ClientExchange::post(const std::string& json, std::uint64_t now_ms) {
  if (outbox_bytes_ >= kOutboxBytes || (!plain_ && !pace_.allows(now_ms))) return;
  std::string text = plain_ ? json : client::message(0, json);
  if (fits(text.size())) transmit(std::move(text));
}

void ClientExchange::transmit(std::string text) {
  pace_.count();
  outbox_bytes_ += text.size();
  longest_unnumbered_ = std::max(longest_unnumbered_, text.size());
  actions_.add(Transmit{false, std::move(text)});
}

bool ClientExchange::keep_answer(const TellMessage& message, const std::string& answer) {
  if (message.id == 0 || message.session != session_number_) return false;
  answers_.add(answer, outgoing_.last_id());
  return true;
}

void ClientExchange::drop_unsent(std::string_view code, std::string_view message) {
  if (!plain_) return drop(code, message);
  for (const auto& frame : outgoing_.take_unsent()) actions_.settle(frame.ticket, code, message);
}

void ClientExchange::drop(std::string_view code, std::string_view message) {
  for (const auto& frame : outgoing_.clear()) actions_.settle(frame.ticket, code, message);
}

// --- in ---

void ClientExchange::count(std::uint64_t now_ms) {
  if (received_.count(now_ms)) transmit(client::received(received_.tell()));
}

void ClientExchange::take_binary(base::Bytes frame, std::uint64_t now_ms) {
  count(now_ms);
  const auto parsed = parse_binary(frame);
  if (!parsed) return actions_.add(TellProblem{std::string(kBadFrame), "a binary frame"});
  TellBinary told{std::string(base::as_text(parsed->content)), std::string(parsed->room), {}};
  if (parsed->number != 0) told.offset = parsed->number;
  if (rooms_.accept(told.room, told.offset)) actions_.add(std::move(told));
}

ClientExchange::News ClientExchange::take(ServerFrame frame, std::uint64_t now_ms) {
  using Type = ServerFrame::Type;
  if (frame.type != Type::welcome && frame.type != Type::pong) count(now_ms);
  switch (frame.type) {
    case Type::message:
      if (frame.id != 0 || rooms_.accept(frame.room, frame.offset))
        actions_.add(TellMessage{std::move(frame.data), std::move(frame.room), frame.offset,
                                 frame.id, session_number_});
      return News::none;
    case Type::ack:
    case Type::error:
      return take_answer(frame);
    case Type::joined:
      if (rooms_.takes(frame.room, frame.epoch)) {
        take_joined(frame);
      } else {
        actions_.add(TellProblem{std::string(kTooManyRooms), "the server names more than is kept"});
      }
      return News::none;
    case Type::left:
      rooms_.left(frame.room, outgoing_.has_join(frame.room));
      tell_left(frame.room);
      return take_answer(frame);
    case Type::presence:
      take_presence(frame);
      return News::none;
    case Type::welcome:
    case Type::pong:
    case Type::bye:
    case Type::unknown:
      return News::none;
  }
  return News::none;
}

void ClientExchange::take_presence(ServerFrame& frame) {
  const bool was_known = rooms_.knows_presence(frame.room);
  if (rooms_.change_presence(frame.room, frame.joins, frame.leaves)) {
    actions_.add(
        TellPresence{std::move(frame.room), std::move(frame.joins), std::move(frame.leaves)});
  } else if (was_known) {
    actions_.add(TellProblem{std::string(kPresenceTooBig), "it is not known any more"});
  }
}

ClientExchange::News ClientExchange::take_answer(ServerFrame& frame) {
  if (frame.id == 0) {
    if (frame.type == ServerFrame::Type::error) actions_.add(TellProblem{frame.code, frame.text});
    return News::none;
  }
  answers_.arrived(frame.id);
  const auto asked = outgoing_.take(frame.id);
  if (!asked) return News::none;
  if (frame.type == ServerFrame::Type::error) {
    refuse(*asked, frame.code, frame.text);
    return asked->kind == Kind::refresh ? News::token_refused : News::answered;
  }
  actions_.settle(asked->ticket, {}, {}, std::move(frame.data));
  return News::answered;
}

void ClientExchange::refuse(const Outgoing::Frame& refused, std::string_view code,
                            const std::string& why) {
  if (refused.kind == Kind::join) {
    const bool known_left = rooms_.is_known_left(refused.content);
    auto still_in = rooms_.refused(refused.content, outgoing_.has_wish(refused.content));
    if (still_in) {
      actions_.add(std::move(*still_in));
    } else if (refused.ticket == 0 && !rooms_.is_in(refused.content) && !known_left) {
      tell_left(refused.content, code, why);
    }
  }
  actions_.settle(refused.ticket, code, why);
}

void ClientExchange::take_joined(ServerFrame& frame) {
  const auto join = frame.id != 0 ? outgoing_.take(frame.id) : std::nullopt;
  if (frame.id != 0) answers_.arrived(frame.id);
  const bool wishes = outgoing_.has_wish(frame.room);
  JoinedRoom joined = rooms_.joined(std::move(frame), join ? &*join : nullptr, wishes);
  if (!joined.presence.is_null() && !rooms_.knows_presence(joined.room))
    actions_.add(TellProblem{std::string(kPresenceTooBig), "it is not kept"});
  Json reply = {{"room", joined.room}};
  auto& members = reply.as_object();
  if (joined.recovered) members["recovered"] = *joined.recovered;
  if (!joined.epoch.empty()) members["epoch"] = joined.epoch;
  if (joined.offset) members["offset"] = *joined.offset;
  if (!joined.presence.is_null()) members["presence"] = joined.presence;
  actions_.add(std::move(joined));
  if (join) actions_.settle(join->ticket, {}, {}, std::move(reply));
}

void ClientExchange::tell_left(std::string room, std::string_view code, std::string_view message) {
  LeftRoom left;
  left.room = std::move(room);
  left.code = code;
  left.message = message;
  actions_.add(std::move(left));
}

// --- sessions and connections ---

void ClientExchange::begin_session(const std::string& name, bool inherits, std::uint64_t now_ms) {
  const std::string former = std::exchange(session_, name);
  ++session_number_;
  received_.begin();
  answers_.clear();
  const std::string_view heir_of = inherits ? std::string_view(former) : std::string_view();
  for (const auto& lost : outgoing_.begin_anew(heir_of, now_ms)) {
    if (lost.kind == Kind::leave) {
      actions_.settle(lost.ticket);
    } else {
      actions_.settle(lost.ticket, "session_lost",
                      "the session is gone before the answer came: it may be handled");
    }
  }
  auto anew = rooms_.begin_anew(former, outgoing_);
  for (auto& join : anew.joins | std::views::reverse) outgoing_.add_first(std::move(join));
  for (std::string& room : anew.lost)
    tell_left(std::move(room), "session_lost", "the server chose it");
}

void ClientExchange::resume(std::uint64_t handled) {
  outgoing_.resume(handled);
  answers_.for_each([this](const std::string& answer) { transmit(answer); });
}

void ClientExchange::too_long() {
  const Outgoing::Frame* longest = outgoing_.longest_sent();
  const std::size_t numbered = longest ? longest->content.size() : 0;
  if (longest_unnumbered_ > numbered) return answers_.drop_from(longest_unnumbered_);
  if (!longest) return;
  const std::uint64_t id = longest->id;
  const auto refused = outgoing_.take(id);
  refuse(*refused, kTooLong, "the server takes no frame as long as this one");
  outgoing_.rewind(id);
}

void ClientExchange::lose_connection() {
  if (!plain_) return;
  for (const auto& frame : outgoing_.take_sent())
    actions_.settle(frame.ticket, "session_lost",
                    "the connection was lost before all of the message had left");
}

void ClientExchange::end_session() {
  session_.clear();
  ++session_number_;
  answers_.clear();
  received_.begin();
  rooms_.clear();
}

std::optional<std::uint64_t> ClientExchange::deadline_ms() const {
  const auto tell_at_ms = received_.tell_at_ms();
  if (send_at_ms_ && tell_at_ms) return std::min(*send_at_ms_, *tell_at_ms);
  return send_at_ms_ ? send_at_ms_ : tell_at_ms;
}

void ClientExchange::on_deadline(std::uint64_t now_ms) {
  if (send_at_ms_ && *send_at_ms_ <= now_ms) flush(now_ms);
  const auto tell_at_ms = received_.tell_at_ms();
  if (tell_at_ms && *tell_at_ms <= now_ms) transmit(client::received(received_.tell()));
}

}  // namespace microframe::v1
