#include "simulation/server_side.hpp"

namespace microframe::simulation {
namespace {

using proto::CloseCode;
using proto::Event;

constexpr std::uint64_t kClosingMs = 5000;

proto::ConnectionLimits connection_limits() {
  proto::ConnectionLimits result;
  result.message_bytes_max = kServerMessageBytesMax;
  result.fragments_max = kServerFragmentsMax;
  return result;
}

std::uint64_t to_ms(authx::Time time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time - at(0)).count());
}

std::string_view field(std::string_view& text) {
  const std::size_t bar = text.find('|');
  const std::string_view taken = text.substr(0, bar);
  text.remove_prefix(bar == std::string_view::npos ? text.size() : bar + 1);
  return taken;
}

}  // namespace

ServerSide::ServerSide(Scene& scene, unsigned id, std::size_t loop, const authx::Claims& claims,
                       Wire& in, Wire& out)
    : Guest(id, claims.sub, loop, scene.shadow),
      scene_(scene),
      out_(out),
      loop_(*scene.loops[loop]),
      speaker_(proto::Role::server, connection_limits(), in, out, scene.random),
      expires_ms_(to_ms(claims.expires)) {}

void ServerSide::open(base::MutableBytes early) {
  phase_ = Phase::open;
  loop_.wheel().arm(*this, expires_ms_);
  if (const auto oldest = scene_.shadow.add(*this)) oldest->evict();
  ++connects_;
  if (!early.empty()) read(early);
}

// --- in ---

void ServerSide::read(base::MutableBytes bytes) {
  if (phase_ == Phase::closed) return;
  if (intake_.is_held()) return intake_.keep(bytes);
  read_on(bytes);
}

void ServerSide::read_on(base::MutableBytes bytes) {
  const auto rest = speaker_.read_some(bytes, [this](const Event& event) {
    handle(event);
    return !stops_here();
  });
  if (intake_.is_held()) return intake_.keep(rest);
  speaker_.check_at_rest();
}

// Stops, as a stream does for its peer's budget or for the others' turn, until a later task of the
// loop.
bool ServerSide::stops_here() {
  if (!scene_.stops_reading || phase_ != Phase::open || !scene_.random.percent(10)) return false;
  intake_.hold(ws::Intake::Hold::turn);
  const auto later = [held = base::Ref<ServerSide>(this)] { held->go_on(); };
  if (scene_.random.percent(50)) {
    loop_.post_behind(later);
  } else {
    loop_.after(std::chrono::milliseconds(1), later);
  }
  return true;
}

void ServerSide::go_on() {
  intake_.release(ws::Intake::Hold::turn);
  if (phase_ == Phase::closed) return;
  if (const auto kept = intake_.take()) read_on(*kept);
  if (cut_ && !intake_.is_held()) read_end();
}

void ServerSide::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::message:
      if (phase_ != Phase::open) return;
      if (event.binary) return speaker_.send_message(true, base::as_text(event.payload));
      return run(std::string(base::as_text(event.payload)));
    case Event::Kind::ping:
      if (phase_ == Phase::open) speaker_.send_pong(base::as_text(event.payload));
      return;
    case Event::Kind::close:
      if (phase_ == Phase::open)
        speaker_.send_close(event.code == CloseCode::no_status ? CloseCode::normal : event.code,
                            {});
      out_.finish();
      stream_ended();
      return leave();
    case Event::Kind::failed:
      if (phase_ == Phase::open) speaker_.send_close(event.code, event.reason);
      out_.finish();
      begin_closing();
      return leave();
    case Event::Kind::pong:
    case Event::Kind::need_more:
      return;
  }
}

void ServerSide::read_end() {
  if (phase_ == Phase::closed) return;
  if (intake_.is_held()) {
    cut_ = true;
    return;
  }
  stream_ended();
  leave();
}

// --- what messages ask for ---

void ServerSide::run(std::string_view command) {
  Shadow& shadow = scene_.shadow;
  const std::string_view verb = field(command);
  const std::string_view first = field(command);
  const std::string_view second = field(command);
  if (verb == "join") return shadow.join(*this, first);
  if (verb == "leave") return shadow.leave(*this, first);
  if (verb == "join_user") return shadow.join_user(first, second);
  if (verb == "leave_user") return shadow.leave_user(first, second);
  if (verb == "room") return say(Note::Kind::room, first, second);
  if (verb == "user") return say(Note::Kind::user, first, {});
  if (verb == "all") return say(Note::Kind::everyone, {}, second);
  if (verb == "token") return refresh(first);
  if (verb == "bye") return close(CloseCode::normal);
  require(false, [&] { return "a command that nobody sends: " + std::string(verb); });
}

void ServerSide::say(Note::Kind kind, std::string_view target, std::string_view left_out) {
  Note note;
  note.kind = kind;
  note.sender = id();
  note.number = ++number_;
  note.target = target;
  if (left_out == "me") {
    note.left_out_device = id();
  } else {
    note.left_out = left_out;
  }
  scene_.shadow.say(note, std::string(scene_.random.percent(10) ? 200 : 3, 'p'));
}

// A fresh token of the same user moves the end; any other changes nothing.
void ServerSide::refresh(std::string_view token) {
  const auto claims = authenticator().verify(token, at(scene_.now_ms));
  const bool own = claims && claims->sub == user();
  scene_.trace(
      [&] { return "#" + std::to_string(id()) + (own ? " is refreshed" : " shows a bad token"); });
  if (!own) return;
  expires_ms_ = to_ms(claims->expires);
  if (phase_ == Phase::open) loop_.wheel().arm(*this, expires_ms_);
}

// --- out ---

void ServerSide::received(const base::SharedBuffer& frame, std::string_view text) {
  require(phase_ == Phase::open, [] { return "a present member that is not open"; });
  speaker_.send_frame(frame.bytes(), text);
}

// --- the end ---

void ServerSide::evict() {
  request_close(CloseCode::replaced);
}

void ServerSide::request_close(CloseCode code) {
  loop_.post([held = base::Ref<ServerSide>(this), code] { held->close(code); });
}

void ServerSide::close(CloseCode code) {
  if (phase_ != Phase::open) return;
  scene_.trace([&] {
    return "#" + std::to_string(id()) + " is closed with " +
           std::to_string(static_cast<unsigned>(code));
  });
  speaker_.send_close(code, "closed by the server");
  begin_closing();
  leave();
}

void ServerSide::begin_closing() {
  phase_ = Phase::closing;
  loop_.wheel().arm(*this, scene_.now_ms + kClosingMs);
}

void ServerSide::leave() {
  if (disconnects_ != 0) return;
  ++disconnects_;
  scene_.shadow.begin_leave(*this);
  const auto remove = [held = base::Ref<ServerSide>(this)] {
    held->scene_.shadow.remove(*held);
    held->removed_ = true;
  };
  // on_disconnect may wait.
  if (scene_.random.percent(50)) return remove();
  loop_.post(remove);
}

void ServerSide::stream_ended() {
  phase_ = Phase::closed;
  loop_.wheel().cancel(*this);
  out_.finish();
}

void ServerSide::on_deadline(std::uint64_t now_ms) {
  loop_.at_deadline([&] {
    if (phase_ == Phase::closing) return stream_ended();
    require(now_ms >= expires_ms_, [] { return "the token ended early"; });
    close(CloseCode::unauthenticated);
  });
}

void ServerSide::check_ended() const {
  require(phase_ == Phase::closed && removed_, [] { return "a connection never ended"; });
  require(connects_ == 1 && disconnects_ == 1, [] { return "a hook did not run once"; });
  const bool must_answer = speaker_.closes_read() != 0 || speaker_.failed();
  require(!must_answer || speaker_.closes_sent() == 1,
          [] { return "the server did not answer a Close"; });
}

}  // namespace microframe::simulation
