#include "simulation/sessions/host.hpp"

#include <utility>
#include <variant>

#include "simulation/sessions/server.hpp"
#include "support/counted_heap.hpp"
#include "v1/names.hpp"

namespace microframe::simulation::sessions {
namespace {

using Kind = Link::Item::Kind;
using State = Course::State;
using Event = Course::Event;
using Action = Course::Action;

constexpr std::uint16_t kReplaced = 4409;
constexpr std::uint16_t kUnauthenticated = 4401;
constexpr std::uint16_t kInternalError = 1011;
constexpr std::uint64_t kAnswerMs = 20'000;

v1::ServerSession::Options session_options() {
  v1::ServerSession::Options options;
  options.kept = {kSessionBytesMax, kSessionFramesMax};
  options.ttl_ms = kSessionTtlMs;
  options.ping_ms = kPingMs;
  return options;
}

}  // namespace

Host::Host(Scene& scene, Server& server, unsigned id, const std::string& user, std::size_t loop)
    : Member(user, loop),
      scene_(scene),
      server_(server),
      session_("s" + std::to_string(id), "x" + std::to_string(id), session_options()),
      downlink_(session_),
      asks_(scene.ledger),
      hooks_(scene, *this),
      line_(*this, *scene.loops[loop], scene.random, [this] { hook_ended(); }),
      course_(session_.name()) {}

// An event that makes nothing to do but forgetting.
void Host::feed(Event event) {
  if (course_.on(event) != Action::forget) return;
  require(!downlink_.link() && !successor_,
          [&] { return name() + " is forgotten, and has a link"; });
}

// --- a link comes, a link goes ---

void Host::attach(const Arrival& arrival) {
  Link& link = *arrival.link;
  downlink_.attach(arrival.link);
  link.host = this;
  link.held = false;
  link.loop = loop();
  expires_ms_ = arrival.expires_ms;
  own_loop().wheel().arm(*this, expires_ms_);
  link.push_down({Kind::accepted, std::string(v1::kSubprotocol)});
}

void Host::open(const Arrival& arrival) {
  scene_.trace([&] { return name() + " begins: " + user(); });
  attach(arrival);
  course_.must(Event::begin, Action::begin);
  downlink_.send(session_.welcome(user()));
  if (const auto oldest = scene_.hub.add(*this)) oldest->evict();
  connect();
}

void Host::connect() {
  line_.run({false, [this] { hooks_.on_connect(); }, {}});
}

void Host::lose_link() {
  if (Link* link = downlink_.link()) link->host = nullptr;
  downlink_.detach();
  own_loop().wheel().cancel(*this);
}

void Host::evict() {
  request_close(kReplaced);
}

void Host::request_close(std::uint16_t code) {
  scene_.run_on(loop(), [held = base::Ref<Host>(this), code] { held->close(code); });
}

void Host::close(std::uint16_t code) {
  if (life().may_come_back()) expire();
  if (!life().is_open()) return;
  scene_.trace([&] { return name() + " is closed with " + std::to_string(code); });
  const bool heals = v1::ServerSession::heals(code);
  const bool waits = heals && code != kUnauthenticated;
  const std::uint64_t retry_ms = waits ? scene_.random.below(1000) : 0;
  if (scene_.random.percent(80)) downlink_.send(session_.bye(code, "", retry_ms));
  downlink_.close(code, "closed by the server");
  leave(heals, false);
}

// received_all: the messages that have come are still handled.
void Host::leave(bool may_come_back, bool received_all) {
  if (!life().is_open()) return;
  lose_link();
  if (may_come_back) {
    suspend(!received_all);
  } else {
    end(!received_all);
  }
  feed(Event::stream_over);
}

void Host::end(bool drop_queue) {
  course_.must(Event::end, Action::leave);
  scene_.hub.begin_leave(*this);
  end_session();
  if (drop_queue) line_.drop_messages();
  line_.run({false, [this] { hooks_.on_disconnect(); }, [this] { remove(); }});
}

void Host::end_session() {
  server_.forget(name());
  if (const auto successor = std::exchange(successor_, std::nullopt))
    server_.begin_anew(*successor, loop());
  asks_.end();
}

void Host::remove() {
  scene_.hub.remove(*this);
  feed(Event::hooks_over);
}

void Host::on_deadline(std::uint64_t) {
  own_loop().at_deadline([this] {
    if (life().may_come_back()) return expire();
    close(kUnauthenticated);
  });
}

void Host::check_ended() const {
  require(life().state() == State::gone, [&] {
    return name() + " never ended, and is " + std::string(ws::to_string(life().state()));
  });
  hooks_.check_ended(course_);
}

// --- its client may come back ---

void Host::suspend(bool drop_queue) {
  scene_.trace([&] { return name() + " is suspended"; });
  course_.must(Event::suspend, Action::wait);
  if (drop_queue) {
    session_.rewind();
    line_.drop_messages();
  }
  scene_.hub.suspend(*this);
  own_loop().wheel().arm(*this, scene_.now_ms + kSessionTtlMs);
  line_.run({false, [this] { hooks_.on_disconnect(); }, {}});
}

void Host::resume(Arrival arrival) {
  if (life().has_ended() || life().state() == State::expiring)
    return server_.begin_anew(arrival, loop());
  // The client has given this attempt up, and must not be evicted from its next one.
  if (!session_.is_latest(arrival.attempt)) return arrival.link->cut();
  if (life().is_open()) release_link();
  if (!session_.can_resume(arrival.received)) {
    server_.begin_anew(arrival, loop());
    return expire();
  }
  hold(std::move(arrival));
  hook_ended();
}

void Host::release_link() {
  downlink_.send(session_.bye(kReplaced, "", 0));
  downlink_.close(kReplaced, "resumed elsewhere");
  lose_link();
  suspend(false);
  feed(Event::stream_over);
}

void Host::hold(Arrival arrival) {
  course_.must(Event::resume, Action::hold);
  if (successor_) successor_->link->cut();
  successor_ = std::move(arrival);
}

// The client goes on with the session once no hook of the former connection runs or waits.
void Host::hook_ended() {
  if (life().state() != State::resuming || !line_.is_free()) return;
  own_loop().post([held = base::Ref<Host>(this)] { held->go_on(); });
}

void Host::go_on() {
  if (life().state() != State::resuming || !line_.is_free()) return;
  const Arrival successor = *std::exchange(successor_, std::nullopt);
  // While the successor waited, the bounds may have pushed out what its client has missed.
  if (!session_.can_resume(successor.received)) {
    server_.begin_anew(successor, loop());
    return expire();
  }
  go_on_with(successor);
}

void Host::go_on_with(const Arrival& arrival) {
  scene_.trace([&] { return name() + " goes on after " + std::to_string(arrival.received); });
  attach(arrival);
  course_.must(Event::hooks_free, Action::go_on);
  scene_.hub.resume(*this);
  downlink_.send(session_.welcome_back(user(), arrival.received));
  downlink_.send_again();
  connect();
}

// Nobody may come any more: the session ends as soon as no hook of it runs.
void Host::expire() {
  course_.on(Event::expire);
  if (life().state() != State::expiring) return;
  // The next tick comes here again, as the last hook does in ws::Resumer.
  if (!line_.is_free()) return own_loop().wheel().arm(*this, scene_.now_ms);
  course_.must(Event::hooks_free, Action::wind_up);
  wind_up();
}

void Host::wind_up() {
  scene_.trace([&] { return name() + " expires"; });
  own_loop().wheel().cancel(*this);
  scene_.hub.begin_leave(*this);
  end_session();
  line_.run({false, [this] { hooks_.on_expired(); }, [this] { remove(); }});
}

// --- what its client says ---

void Host::read(const Link::Item& item) {
  switch (item.kind) {
    case Kind::text:
      return read_text(item.bytes);
    case Kind::binary:
      return read_binary(item.bytes);
    case Kind::close:
      downlink_.close(item.code, {});
      return leave(item.code != 1000 && item.code != 1001, true);
    case Kind::end:
      return leave(true, true);
    case Kind::request:
    case Kind::accepted:
    case Kind::refused:
      require(false, [] { return "a link carries what nobody sends"; });
  }
}

void Host::read_text(std::string_view text) {
  auto frame = v1::parse_client_frame(text);
  require(frame.ok(), [&] { return "a client's frame is refused: " + frame.error().message; });
  const bool numbered = frame->id != 0 && frame->type != v1::ClientFrame::Type::error;
  const auto before = test::heap_count().live;
  v1::ServerStep step = session_.take(std::move(frame));
  require(!numbered || test::heap_count().live <= before, [] { return "an id takes memory"; });
  take(std::move(step));
}

void Host::read_binary(std::string_view bytes) {
  v1::ServerStep step = session_.take_binary(base::as_bytes(bytes));
  require(!std::holds_alternative<v1::Reply>(step),
          [] { return "a client's binary frame is none"; });
  take(std::move(step));
}

void Host::take(v1::ServerStep step) {
  if (auto* message = std::get_if<v1::Handle>(&step)) {
    take_message(message->frame.id, std::move(message->frame.data));
  } else if (const auto* binary = std::get_if<v1::HandleBinary>(&step)) {
    const auto number = std::stoull(std::string(base::as_text(binary->content)));
    take_message(binary->id, Json{{"n", number}, {"do", "nothing"}});
  } else if (auto* control = std::get_if<v1::Control>(&step)) {
    take_control(std::move(control->frame));
  } else if (const auto* settle = std::get_if<v1::SettleAsk>(&step)) {
    asks_.settle(settle->id, settle->failed ? "failed" : "");
  } else if (const auto* reply = std::get_if<v1::Reply>(&step)) {
    downlink_.send(*reply);
  }
}

void Host::take_message(std::uint64_t id, Json data) {
  const auto handle = [this, id, data = std::move(data)] {
    begin(id);
    outcome_ = hooks_.on_message(data);
  };
  line_.run({true, handle, [this] { answer(); }});
}

void Host::take_control(v1::ClientFrame frame) {
  const std::uint64_t id = frame.id;
  line_.run({true, [this, id] { begin(id); }, [this, held = std::move(frame)] { control(held); }});
}

// Which ids were handled takes no more memory the more there are.
void Host::begin(std::uint64_t id) {
  const auto before = test::heap_count().live;
  session_.begin(id);
  require(test::heap_count().live == before, [] { return "handled ids take memory"; });
}

void Host::answer() {
  switch (outcome_) {
    case Hooks::Outcome::done:
      return downlink_.send(session_.done());
    case Hooks::Outcome::bad:
      return downlink_.send(session_.refuse(v1::kBadMessage, "as it was asked for"));
    case Hooks::Outcome::failed:
      downlink_.send(session_.refuse(v1::kFailed, "the hook failed"));
      return close(kInternalError);
  }
}

void Host::control(const v1::ClientFrame& frame) {
  session_.begin_control();
  if (frame.type == v1::ClientFrame::Type::join) return join(frame);
  if (frame.type == v1::ClientFrame::Type::leave) return leave_room(frame);
  refresh(frame);
}

void Host::join(const v1::ClientFrame& frame) {
  if (!scene_.random.percent(95))
    return downlink_.send(session_.error(frame.id, v1::kForbidden, "the room is not for you"));
  hub::JoinWish wish;
  wish.since = frame.since;
  wish.latest = static_cast<std::size_t>(frame.number);
  wish.request = frame.id;
  const auto result = scene_.hub.join(*this, frame.name, &wish);
  if (ws::in_room(result)) return;
  const bool invalid = result == hub::JoinResult::name_invalid;
  downlink_.send(
      session_.error(frame.id, invalid ? v1::kRoomNameInvalid : v1::kTooManyRooms, "no"));
}

void Host::leave_room(const v1::ClientFrame& frame) {
  session_.begin_leave(frame.id);
  const bool left = scene_.hub.leave(*this, frame.name);
  session_.end_leave();
  if (!left) downlink_.send(session_.error(frame.id, v1::kNotInRoom, "you are not in that room"));
}

void Host::refresh(const v1::ClientFrame& frame) {
  const auto shown = parse_token(frame.name);
  if (!shown || shown->user != user() || shown->expires_ms <= scene_.now_ms)
    return downlink_.send(session_.error(frame.id, v1::kBadToken, "the token is not good"));
  expires_ms_ = shown->expires_ms;
  if (life().is_open()) own_loop().wheel().arm(*this, expires_ms_);
  downlink_.send(session_.ack(frame.id));
}

// --- what the hub and the server tell it ---

void Host::deliver(const base::Frame& frame) {
  require(own_loop().is_current(), [&] { return name() + " is delivered to on another loop"; });
  require(static_cast<bool>(frame.enveloped()),
          [&] { return name() + " gets what is not for sessions"; });
  downlink_.deliver(frame.enveloped());
}

void Host::joined(const hub::Joined& joined) {
  require(own_loop().is_current(), [&] { return name() + " joins on another loop"; });
  hooks_.on_join(joined);
  downlink_.joined(joined);
}

void Host::left(std::string_view room) {
  hooks_.on_leave(room);
  if (!life().has_ended()) downlink_.send(session_.left(room));
}

void Host::request_answer() {
  scene_.run_on(loop(), [held = base::Ref<Host>(this)] {
    if (!held->life().accepts()) return;
    const unsigned number = held->scene_.ledger.ask(Ledger::Kind::message);
    const auto asked = held->session_.ask(R"({"ask":)" + std::to_string(number) + "}");
    held->asks_.add(asked.id, number, held->scene_.now_ms + kAnswerMs);
    held->downlink_.send(asked.frame);
  });
}

}  // namespace microframe::simulation::sessions
