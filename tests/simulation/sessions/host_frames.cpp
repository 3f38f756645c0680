#include <utility>

#include "simulation/sessions/frames.hpp"
#include "simulation/sessions/host.hpp"
#include "simulation/sessions/server.hpp"
#include "support/counted_heap.hpp"
#include "v1/binary.hpp"
#include "v1/names.hpp"
#include "v1/server_frames.hpp"

namespace microframe::simulation::sessions {
namespace {

using Type = v1::ClientFrame::Type;
using Kind = Link::Item::Kind;

constexpr std::uint64_t kAnswerMs = 20'000;
constexpr std::uint16_t kInternalError = 1011;

std::string_view member(const Json& message, std::string_view name) {
  const Json* value = message.as_object().if_contains(name);
  return value ? std::string_view(value->as_string()) : std::string_view{};
}

}  // namespace

// --- out ---

void Host::transmit(const base::SharedBuffer& frame, std::uint64_t count) {
  if (link_) link_->push_down({Kind::text, std::string(payload_of(frame)), 0, count});
}

void Host::send_uncounted(const std::string& text) {
  transmit(encode(text), 0);
}

void Host::send(const std::string& text) {
  keep(encode(text));
}

// A session retains its bounds at most, whoever does not tell what it has received.
void Host::keep(const base::SharedBuffer& frame) {
  sent_.add(frame);
  require(sent_.kept() <= kSessionFramesMax && sent_.bytes() <= kSessionBytesMax,
          [&] { return name_ + " keeps " + std::to_string(sent_.kept()) + " frames"; });
  transmit(frame, sent_.count());
}

void Host::deliver(const base::Frame& frame) {
  require(own_loop().is_current(), [&] { return name_ + " is delivered to on another loop"; });
  require(static_cast<bool>(frame.enveloped()),
          [&] { return name_ + " gets what is not for sessions"; });
  keep(frame.enveloped());
}

void Host::welcome(bool resumed) {
  v1::Welcome welcome;
  welcome.session = name_;
  welcome.secret = secret_;
  welcome.user = user();
  welcome.resumed = resumed;
  welcome.handled = ids_.handled();
  welcome.ttl_ms = kSessionTtlMs;
  welcome.ping_ms = kPingMs;
  send_uncounted(v1::welcome(welcome));
}

// --- in ---

void Host::read(const Link::Item& item) {
  switch (item.kind) {
    case Kind::text:
      return read_text(item.bytes);
    case Kind::binary:
      return read_binary(item.bytes);
    case Kind::close:
      link_->push_down({Kind::close, {}, item.code});
      return leave(item.code != 1000 && item.code != 1001, true);
    case Kind::end:
      return leave(true, true);
    case Kind::request:
    case Kind::accepted:
    case Kind::refused:
      require(false, [] { return "a link carries what nobody sends"; });
  }
}

// Which ids were handled takes no more memory the more there are.
bool Host::accept(std::uint64_t id) {
  const auto before = test::heap_count().live;
  const bool accepted = ids_.accept(id);
  require(test::heap_count().live == before, [] { return "handled ids take memory"; });
  return accepted;
}

void Host::read_text(std::string_view text) {
  auto frame = v1::parse_client_frame(text);
  require(frame.ok(), [&] { return "a client's frame is refused: " + frame.error().message; });
  switch (frame->type) {
    case Type::received:
      return sent_.forget(frame->number);
    case Type::ping:
      return send_uncounted(v1::pong());
    case Type::ack:
      return settle(frame->id, {});
    case Type::error:
      return settle(frame->id, "failed");
    case Type::message:
      if (accept(frame->id)) take_message(frame->id, std::move(frame->data));
      return;
    case Type::join:
    case Type::leave:
    case Type::refresh:
      if (accept(frame->id)) take_control(std::move(*frame));
      return;
  }
}

void Host::read_binary(std::string_view bytes) {
  const auto frame = v1::parse_binary(base::as_bytes(bytes));
  require(frame && frame->room.empty(), [] { return "a client's binary frame is none"; });
  if (!accept(frame->number)) return;
  const auto number = std::stoull(std::string(base::as_text(frame->content)));
  take_message(frame->number, Json{{"n", number}, {"do", "nothing"}});
}

void Host::take_message(std::uint64_t id, Json data) {
  const auto begin = [this, id, data = std::move(data)] {
    ids_.begin(id);
    outcome_ = handle(data);
  };
  line_.run({true, begin, [this, id] { answer(id); }});
}

void Host::take_control(v1::ClientFrame frame) {
  const std::uint64_t id = frame.id;
  line_.run(
      {true, [this, id] { ids_.begin(id); }, [this, held = std::move(frame)] { control(held); }});
}

void Host::answer(std::uint64_t id) {
  switch (outcome_) {
    case Outcome::done:
      if (id != 0) send(v1::ack(id, nullptr));
      return;
    case Outcome::bad:
      return send(v1::error(id, v1::kBadMessage, "as it was asked for"));
    case Outcome::failed:
      send(v1::error(id, v1::kFailed, "the hook failed"));
      return close(kInternalError);
  }
}

// --- what messages ask for ---

// Each is handled once, in the order of its sender.
Host::Outcome Host::handle(const Json& message) {
  const auto number = message.at("n").to_number<unsigned>();
  if (number != 0) {
    scene_.trace([&] { return name_ + " handles " + std::to_string(number); });
    scene_.ledger.handle(number);
    require(number > last_handled_,
            [&] { return std::to_string(number) + " is handled out of order"; });
    last_handled_ = number;
  }
  const std::string_view verb = member(message, "do");
  const std::string room(member(message, "room"));
  if (verb == "say") {
    const std::string_view whom = member(message, "not");
    Annals::Entry entry;
    entry.room = room;
    if (whom != "me") entry.not_user = whom;
    scene_.publish(std::move(entry), whom == "me" ? this : nullptr);
  } else if (verb == "meta") {
    scene_.hub.set_presence(*this, room, Json{{"n", number}});
  } else if (verb == "in") {
    scene_.hub.join(*this, room);
  } else if (verb == "out") {
    scene_.hub.leave(*this, room);
  } else if (verb == "fail") {
    return Outcome::failed;
  }
  return verb == "err" ? Outcome::bad : Outcome::done;
}

void Host::control(const v1::ClientFrame& frame) {
  switch (frame.type) {
    case Type::join:
      if (scene_.random.percent(95)) return join(frame);
      return send(v1::error(frame.id, v1::kForbidden, "the room is not for you"));
    case Type::leave: {
      leave_ = frame.id;
      const bool left = scene_.hub.leave(*this, frame.name);
      leave_ = 0;
      if (!left) send(v1::error(frame.id, v1::kNotInRoom, "you are not in that room"));
      return;
    }
    default:
      const auto shown = parse_token(frame.name);
      if (!shown || shown->user != user() || shown->expires_ms <= scene_.now_ms)
        return send(v1::error(frame.id, v1::kBadToken, "the token is not good"));
      expires_ms_ = shown->expires_ms;
      if (phase_ == Phase::open) own_loop().wheel().arm(*this, expires_ms_);
      return send(v1::ack(frame.id, nullptr));
  }
}

void Host::join(const v1::ClientFrame& frame) {
  hub::JoinWish wish;
  wish.since = frame.since;
  wish.latest = static_cast<std::size_t>(frame.number);
  join_ = frame.id;
  const auto result = scene_.hub.join(*this, frame.name, &wish);
  join_ = 0;
  if (result == hub::JoinResult::joined || result == hub::JoinResult::already_in) return;
  const bool invalid = result == hub::JoinResult::name_invalid;
  send(v1::error(frame.id, invalid ? v1::kRoomNameInvalid : v1::kTooManyRooms, "no"));
}

void Host::joined(const hub::Joined& joined) {
  require(own_loop().is_current(), [&] { return name_ + " joins on another loop"; });
  const bool first = entered_.emplace(joined.room).second;
  require(first == joined.entered,
          [&] { return name_ + ": on_join twice for " + std::string(joined.room); });
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
  for (const base::Frame& frame : *joined.missed) keep(frame.enveloped());
}

void Host::left(std::string_view room) {
  const auto entered = entered_.find(room);
  require(entered != entered_.end(), [&] { return name_ + ": on_leave without on_join"; });
  entered_.erase(entered);
  if (phase_ != Phase::ended) send(v1::left(room, leave_));
}

// --- what the server asks ---

void Host::request_answer() {
  scene_.run_on(loop(), [held = base::Ref<Host>(this)] {
    if (held->phase_ == Phase::ended) return;
    const unsigned number = held->scene_.ledger.ask(Ledger::Kind::message);
    v1::MessagePlace numbered;
    numbered.id = ++held->asked_;
    held->asks_[numbered.id] = {number, held->scene_.now_ms + kAnswerMs};
    held->send(v1::message(numbered, R"({"ask":)" + std::to_string(number) + "}"));
  });
}

void Host::settle(std::uint64_t id, std::string_view code) {
  const auto found = asks_.find(id);
  if (found == asks_.end()) return;  // too late
  const unsigned number = found->second.number;
  asks_.erase(found);
  scene_.ledger.settle(number, code);
}

void Host::give_up_asks() {
  while (!asks_.empty() && asks_.begin()->second.until_ms <= scene_.now_ms)
    settle(asks_.begin()->first, "timed_out");
}

}  // namespace microframe::simulation::sessions
