#include "ws/session.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/chance.hpp"
#include "base/to_ms.hpp"
#include "hub/hub.hpp"
#include "proto/utf8.hpp"
#include "v1/names.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/hook_runner.hpp"
#include "ws/joined_reply.hpp"
#include "ws/moves.hpp"
#include "ws/return_window.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;
using Type = v1::ClientFrame::Type;

constexpr std::uint64_t kRetryMs = 1'000;
// Whoever has sent too much waits first.
constexpr std::uint64_t kTooManyRetryMs = 3'000;

v1::ServerSession make_session(SessionKey key, const Limits& limits) {
  v1::ServerSession::Options options;
  options.kept = {limits.session_bytes_max, limits.session_frames_max};
  options.ttl_ms = base::to_ms(limits.session_ttl);
  options.ping_ms = base::to_ms(limits.ping_interval);
  options.message_bytes_max = limits.message_bytes_max;
  return {std::move(key.name), std::move(key.secret), options};
}

std::uint64_t random_below(std::uint64_t bound) {
  return static_cast<std::uint64_t>(base::chance() * static_cast<double>(bound));
}

// Bytes of an application that are no text would end the connection (RFC 6455 §8.1).
std::string_view as_text(std::string_view text) {
  return proto::is_utf8(base::as_bytes(text)) ? text : "not UTF-8";
}

}  // namespace

Session::Session(LoopContext& context, SessionHost& host, const v1::ResumeOffer* offer)
    : context_(context),
      host_(host),
      session_(make_session(offer ? SessionKey{offer->session, offer->secret}
                                  : context.registries.sessions.make_key(),
                            context.limits())),
      handled_(context.settings.inherits ? new Handled(*this) : nullptr) {}

// --- streams ---

void Session::begin(base::Ref<const base::RefCounted> held, bool inherits) {
  list(std::move(held));
  say(session_.welcome(host_.member().user(), inherits));
}

void Session::list(base::Ref<const base::RefCounted> held) {
  context_.registries.sessions.add({session_.name(), session_.secret()}, std::move(held), *this);
  listed_ = true;
  host_.endpoint().count_session(true);
}

void Session::arrive(base::Ref<const base::RefCounted> held, const SessionExport& from) {
  session_.restore(from.past, from.frames.size());
  for (const SharedBuffer& frame : from.frames) session_.sent(frame);
  list(std::move(held));
}

SessionExport Session::leave_for_elsewhere() const {
  SessionExport all;
  all.past = session_.past();
  all.frames.reserve(session_.kept());
  session_.for_each_kept([&](const SharedBuffer& frame) { all.frames.push_back(frame); });
  return all;
}

void Session::welcome_back(std::uint64_t received) {
  stop_waiting();
  say(session_.welcome_back(host_.member().user(), received));
  SessionCounts::add(context_.counts.sessions.resumed);
  SessionCounts::add(context_.counts.sessions.replayed, session_.kept());
  std::vector<SharedBuffer> kept;
  kept.reserve(session_.kept());
  session_.for_each_kept([&](const SharedBuffer& frame) { kept.push_back(frame); });
  host_.transmit_again(kept);
}

void Session::suspend() {
  suspended_ = true;
  noted_bytes_ = 0;
  note_kept();
}

void Session::stop_waiting() {
  if (std::exchange(suspended_, false)) context_.registries.suspended_bytes.note(*this, 0, false);
}

// Not at each small frame: the budget is shared by all loops.
void Session::note_kept() {
  constexpr std::size_t kStepBytes = 256;
  const std::size_t bytes = session_.kept_bytes();
  if (bytes < noted_bytes_ + noted_bytes_ / 8 + kStepBytes) return;
  noted_bytes_ = bytes;
  context_.registries.suspended_bytes.note(*this, bytes, false);
  context_.registries.suspended_bytes.shed();
}

base::Ref<const base::RefCounted> Session::hold() const {
  return base::Ref<const base::RefCounted>(&host_.member());
}

// Without memory to say so it ends at its time.
void Session::give_up_bytes() {
  context_.registries.suspended_bytes.note(*this, 0, false);
  try {
    host_.give_up_session();
  } catch (const std::bad_alloc&) {
  }
}

void Session::end() {
  stop_waiting();
  if (std::exchange(listed_, false)) {
    context_.registries.sessions.remove(session_.name());
    host_.endpoint().count_session(false);
  }
  asks_.end();
  if (handled_) handled_->handling.stop();
}

bool Session::belongs_to(const Endpoint& endpoint, std::string_view user) const {
  return &host_.endpoint() == &endpoint && host_.member().user() == user;
}

void Session::request_resume(std::shared_ptr<Resumption> resumption) {
  host_.request_resume(std::move(resumption));
}

void Session::request_watch(std::function<void(const Watched&)> told) {
  host_.request_watch(std::move(told));
}

// --- in ---

void Session::read(bool binary, base::Bytes payload) {
  if (!binary) return read_text(payload);
  if (host_.within_rate()) perform(session_.take_binary(payload), payload.size(), v1::kBadFrame);
}

void Session::read_text(base::Bytes payload) {
  auto frame = v1::parse_client_frame(base::as_text(payload));
  if (!is_demanded(frame) && !host_.within_rate()) return;
  const std::string_view fault = frame ? std::string_view() : frame.error().code;
  perform(session_.take(std::move(frame)), payload.size(), fault);
}

// Whether the protocol demands the frame: those are as many as we have sent, or come as seldom as we
// have said, and need no rate of their own.
bool Session::is_demanded(const v1::ServerSession::Parsed& frame) {
  if (!frame) return false;
  switch (frame->type) {
    case Type::received:
      return session_.tells_progress(frame);
    case Type::ack:
    case Type::error:
      return asks_.waits_for(frame->id);
    case Type::ping: {
      const std::uint64_t now_ms = context_.loop.now_ms();
      const bool is_due = now_ms >= ping_due_ms_;
      if (is_due) ping_due_ms_ = now_ms + base::to_ms(context_.limits().ping_interval) / 2;
      return is_due;
    }
    default:
      return false;
  }
}

// fault: what is wrong with the frame, if the step refuses it.
void Session::perform(v1::ServerStep step, std::size_t bytes, std::string_view fault) {
  const auto* reply = std::get_if<v1::Reply>(&step);
  if (reply && reply->counted) host_.on_rejected(guard::Rejection::bad_message, fault);
  std::visit([&](auto&& one) { perform(std::forward<decltype(one)>(one), bytes); },
             std::move(step));
}

void Session::perform(v1::Handle handle, std::size_t bytes) {
  host_.hooks().session_message(std::move(handle.frame), bytes);
}

void Session::perform(v1::HandleBinary handle, std::size_t) {
  host_.hooks().session_binary(handle);
}

void Session::perform(v1::Control control, std::size_t bytes) {
  host_.hooks().session_control(std::move(control.frame), bytes);
}

void Session::perform(v1::SettleAsk settle, std::size_t) {
  const auto status = settle.failed ? AckStatus::failed : AckStatus::acknowledged;
  asks_.settle(settle.id, status, std::move(settle.data));
}

void Session::perform(const v1::Reply& reply, std::size_t) {
  say(reply);
}

// --- out ---

void Session::say(const v1::Reply& reply) {
  const SharedBuffer frame = encode_text(reply.text);
  if (!reply.counted) return host_.transmit(frame);
  SessionCounts::add(context_.counts.sessions.encoded);
  send(frame);
}

void Session::send(const SharedBuffer& frame) {
  session_.sent(frame);
  if (suspended_) note_kept();
  host_.transmit(frame);
}

void Session::deliver(const base::Frame& frame) {
  SharedBuffer made;
  send(form_of(frame, made));
}

// returns: the frame's form for sessions; `made` if it was encoded when its endpoint had none.
const SharedBuffer& Session::form_of(const base::Frame& frame, SharedBuffer& made) {
  if (frame.enveloped()) return frame.enveloped();
  SessionCounts::add(context_.counts.sessions.encoded);
  return made = envelope(frame.plain());
}

// What a room keeps is bounded, and so goes out whatever waits already: as fast as the client reads.
void Session::replay(const std::vector<base::Frame>& frames) {
  SessionCounts::add(context_.counts.sessions.replayed, frames.size());
  std::size_t bytes = 0;
  std::vector<SharedBuffer> forms;
  forms.reserve(frames.size());
  for (const base::Frame& frame : frames) {
    SharedBuffer made;
    forms.push_back(form_of(frame, made));
    bytes += forms.back().size();
    session_.sent(forms.back());
  }
  host_.transmit_again(forms);
  host_.charge(bytes);
}

void Session::ask(const Json& message, std::chrono::milliseconds timeout, Asks::Told told) {
  if (asks_.full()) return told(AckStatus::failed, "too many messages are unanswered");
  const v1::ServerSession::Asked asked = session_.ask(to_text(message));
  asks_.add(asked.id, std::move(told));
  say(asked.frame);
  host_.after(timeout, [this, id = asked.id] { asks_.settle(id, AckStatus::timed_out, Json()); });
}

void Session::bye(proto::CloseCode code, std::string_view reason) {
  const std::uint64_t least_ms = code == proto::CloseCode::too_many_messages ? kTooManyRetryMs : 0;
  const std::uint64_t retry_ms = least_ms + random_below(retry_window_ms(code));
  say(session_.bye(static_cast<std::uint16_t>(code), reason, retry_ms));
}

// Other nodes take who is closed here at once, so that the drain has spread them already.
std::uint64_t Session::retry_window_ms(proto::CloseCode code) const {
  if (code != proto::CloseCode::service_restart) return kRetryMs;
  const Moves* const moves = host_.endpoint().moves();
  const bool has_others = moves && moves->has_others();
  return return_window_ms(context_.registries.admission.connections(),
                          has_others ? context_.limits().drain_time : std::chrono::milliseconds(0));
}

bool Session::reply(const Json& value) {
  if (!session_.is_answering()) return false;
  auto answer = session_.answer(&value);
  if (!handled_) {
    say(answer);
  } else if (answer) {
    handled_->handling.give(std::move(answer));
  }
  return true;
}

void Session::end_turn() {
  auto answer = session_.done();
  if (!handled_) return say(answer);
  handled_->handling.end(std::move(answer));
}

void Session::refuse(std::string_view code, std::string_view text) {
  v1::Reply error = session_.refuse(code, as_text(text));
  if (!handled_ || !handled_->handling.lasts()) return say(error);
  handled_->handling.fail(std::move(error));
}

void Session::Handled::say_unavailable(std::uint64_t id) {
  session.say(session.session_.error(id, v1::kUnavailable,
                                     "what the hook published could not be stored in time"));
}

// --- rooms and tokens ---

void Session::control(const v1::ClientFrame& frame, bool allowed) {
  session_.begin_control();
  if (handled_) handled_->handling.end(std::nullopt);
  switch (frame.type) {
    case Type::join:
      if (allowed) return join(frame);
      host_.on_rejected(guard::Rejection::forbidden_room, "can_join");
      return say(session_.error(frame.id, v1::kForbidden, "the room is not for you"));
    case Type::leave:
      return leave(frame);
    case Type::refresh:
      return refresh(frame);
    default:
      return;
  }
}

void Session::join(const v1::ClientFrame& frame) {
  hub::JoinWish wish;
  wish.since = frame.since;
  wish.latest = static_cast<std::size_t>(frame.number);
  wish.request = frame.id;
  Endpoint& endpoint = host_.endpoint();
  const JoinResult result = endpoint.hub().join(host_.member(), frame.name, &wish);
  if (in_room(result)) return;  // joined() tells it
  endpoint.count(result, host_.remote_address());
  if (result == JoinResult::name_invalid)
    return say(session_.error(frame.id, v1::kRoomNameInvalid, "a room's name is 1 to 255 bytes"));
  say(session_.error(frame.id, v1::kTooManyRooms, "there are too many rooms"));
}

void Session::leave(const v1::ClientFrame& frame) {
  session_.begin_leave(frame.id);
  const bool left = host_.endpoint().hub().leave(host_.member(), frame.name);
  session_.end_leave();
  if (!left) say(session_.error(frame.id, v1::kNotInRoom, "you are not in that room"));
}

void Session::refresh(const v1::ClientFrame& frame) {
  host_.refresh_token(frame.name, [this, id = frame.id](bool accepted) {
    if (accepted) return say(session_.ack(id));
    say(session_.error(id, v1::kBadToken, "the token is not good, or another user's"));
  });
}

void Session::joined(const hub::Joined& joined) {
  say(joined_reply(session_, joined));
  if (joined.missed) replay(*joined.missed);
}

void Session::took_over(const hub::Joined& joined) {
  if (joined.presence || joined.recovered == false) say(joined_reply(session_, joined));
  if (joined.missed) replay(*joined.missed);
}

}  // namespace microframe::ws
