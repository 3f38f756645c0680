#include "ws/connection.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "hub/hub.hpp"
#include "proto/utf8.hpp"
#include "v1/names.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"

namespace microframe::ws {
namespace {

using proto::CloseCode;
using State = Life::State;
using Event = Life::Event;
using Action = Life::Action;

// How long a session that goes looks again whether its answers have left.
constexpr std::chrono::milliseconds kAnswersStep{5};

// Whether all that has come is still handled: nothing of ours has cut it off.
bool has_received_all(const Ending& ending) {
  return ending.how == Ending::How::moved || ending.cause == DisconnectCause::peer_closed ||
         ending.cause == DisconnectCause::connection_lost ||
         ending.cause == DisconnectCause::timeout;
}

}  // namespace

// --- it begins ---

Connection::Connection(LoopContext& context, ConnectionHost& host, Opening& opening)
    : context_(context),
      host_(host),
      endpoint_(*opening.endpoint),
      hooks_(endpoint_.hook_target(), *this),
      inherits_(opening.inherits),
      ticket_(std::move(opening.ticket)) {
  begin_stream(std::move(opening.deflate));
  if (!opening.has_session) return;
  SessionHost& session_host = *this;
  ResumerHost& resumer_host = *this;
  base::Slots& suspended = context.registries.sessions.suspended();
  const v1::ResumeOffer* const offer = opening.arrival ? &opening.arrival->wanted.offer : nullptr;
  lasting_.reset(
      new Lasting{{context, session_host, offer},
                  {context.loop, context.limits().session_ttl, suspended, life_, resumer_host},
                  nullptr});
}

Connection::~Connection() = default;

// In place of the former stream, if there is one; where memory runs out that one stays.
void Connection::begin_stream(DeflateAgreement deflate) {
  const StreamContext& streams = context_.streams;
  StreamDeflate with =
      set_up_deflate(std::move(deflate), streams.compression, &streams.counts.compression.received);
  StreamOwner& owner = *this;
  stream_.emplace(streams, owner, gauges_, std::move(with), host_.id());
}

void Connection::begin(std::unique_ptr<net::Socket> socket, base::MutableBytes early) {
  stream_->open(std::move(socket));
  begin_hooks(early);
}

void Connection::begin(Resumption resumption) {
  stream_->open(std::move(resumption.stream), resumption.accept);
  begin_hooks(resumption.early);
}

void Connection::begin_hooks(base::MutableBytes early) {
  feed(Event::begin);
  if (lasting_) session()->begin(base::Ref<const base::RefCounted>(&member()), inherits_);
  if (const auto oldest = endpoint_.hub().add(member())) oldest->evict();
  endpoint_.everywhere().limit_devices(member().user(), context_.limits().devices_per_user_max);
  note_begin();
  hooks_.connect(WebSocket(host_));
  if (!early.empty()) stream_->read(early);
  check_revocation();
}

void Connection::note_begin() const {
  context_.streams.traffic.opened.add(1);
  if (!base::log::is_wanted(LogLevel::debug)) return;
  base::log::debug(resumed() ? "resumed" : "connected", {{"endpoint", endpoint_.path()},
                                                         {"user", host_.user()},
                                                         {"device", std::to_string(host_.id())},
                                                         {"session", lasting_ ? "yes" : "no"},
                                                         {"address", remote_address()}});
}

void Connection::note_end(const DisconnectReason& reason) const {
  context_.streams.traffic.closed.add(1);
  if (!base::log::is_wanted(LogLevel::debug)) return;
  base::log::debug("disconnected", {{"endpoint", endpoint_.path()},
                                    {"user", host_.user()},
                                    {"device", std::to_string(host_.id())},
                                    {"cause", to_string(reason.cause)},
                                    {"code", std::to_string(reason.code)}});
}

// A revocation that came after the token was judged may not have seen this device.
void Connection::check_revocation() {
  if (endpoint_.access().is_revoked(member().user(), host_.identity()->issued_at()))
    revoke("revoked");
}

// An event that makes nothing to do but forgetting. A refused one is a mistake in this file.
void Connection::feed(Event event) {
  const Action action = life_.on(event);
  assert(action != Action::refuse);
  if (action != Action::forget) return;
  ticket_ = {};  // a hook that still ran has counted until here
  stream_->give_back();
  host_.on_gone();
}

// --- in and out ---

void Connection::on_message(bool binary, base::Bytes payload) {
  if (lasting_) {
    session()->read(binary, payload);
  } else if (stream_->within_rate()) {
    hooks_.message(binary, payload);
  }
  if (has_too_much()) stream_->pause_reading();
}

bool Connection::has_too_much() const {
  const std::size_t held = lasting_ ? lasting_->session.held_bytes() : 0;
  return hooks_.queued_bytes() + held > context_.limits().waiting_bytes_max;
}

void Connection::on_overflow() {
  host_.post_turn([this] { stream_->end_overflowed(); });
}

// By then the stream may be another, which holds nothing back for this.
void Connection::on_turn_over() {
  host_.queue_turn([this] { stream_->next_turn(); });
}

// A user is one of an endpoint: others may have the same name elsewhere.
WorkBudget& Connection::work_budget() {
  if (!work_budget_) {
    const Limits& limits = context_.limits();
    work_budget_ = context_.work_budgets.of(endpoint_.path() + '\0' + member().user(),
                                            {limits.bytes_per_second, limits.bytes_burst},
                                            context_.loop.now_ms());
  }
  return *work_budget_;
}

void Connection::on_rejected(guard::Rejection why, std::string_view detail) {
  context_.counts.rejections.add(why, remote_address(), detail);
}

std::string Connection::remote_address() const {
  return net::to_string(host_.identity()->peer());
}

// --- the token ---

std::uint64_t Connection::deadline_ms() const {
  using std::chrono::milliseconds;
  // A wall clock may be set: look again at least once a minute.
  constexpr milliseconds kLookAgain{60'000};
  const auto ends = endpoint_.access().authenticator().ends(host_.identity()->expires());
  const auto left = std::chrono::ceil<milliseconds>(ends - std::chrono::system_clock::now());
  return context_.in_ms(std::clamp(left, milliseconds{0}, kLookAgain));
}

void Connection::on_deadline() {
  const auto ends = endpoint_.access().authenticator().ends(host_.identity()->expires());
  if (std::chrono::system_clock::now() >= ends) stream_->end(endings::kExpired);
}

// --- the stream ends ---

void Connection::on_ending(const Ending& ending) {
  hub::Hub::catch_up(member());
  if (lasting_ && ending.how != Ending::How::peers) session()->bye(ending.code, ending.reason);
}

// Ends the session, once: it is no longer counted nor delivered to, then on_disconnect runs, then
// its rooms are left. Or it is suspended, and only on_disconnect runs.
void Connection::on_ended(const Ending& ending) {
  if (!life_.is_open()) return;
  DisconnectReason reason = ending.to_reason();
  note_end(reason);
  const bool drop_queue = !has_received_all(ending);
  hooks_.reserve_end();  // what follows needs no memory
  if (lasting_ && heals(ending) && suspend(reason, drop_queue)) return;
  end(std::move(reason), drop_queue);
}

void Connection::end(DisconnectReason reason, bool drop_queue) {
  if (life_.on(Event::end) != Action::leave) return;
  endpoint_.hub().begin_leave(member());
  if (lasting_) session()->end();
  hooks_.disconnect(std::move(reason), drop_queue);
}

void Connection::on_over() {
  if (life_.may_come_back()) {
    ticket_ = {};  // from here on the session counts as no connection
    lasting_->resumer.stream_over();
  }
  feed(Event::stream_over);
}

void Connection::close(DisconnectCause cause, CloseCode code, std::string_view reason) {
  if (is_landing()) return lasting_->mover->give_up();
  const Ending ending = endings::ours(cause, code, reason);
  if (life_.may_come_back() && !heals(ending)) lasting_->resumer.expire();
  if (life_.is_open()) stream_->end(ending);
}

void Connection::end_wait() {
  if (life_.state() != State::suspended) return;
  on_rejected(guard::Rejection::sessions_full, "bytes of suspended sessions");
  lasting_->resumer.expire();
}

void Connection::revoke(std::string_view reason) {
  if (!life_.accepts()) return;
  on_rejected(guard::Rejection::revoked, reason);
  close(DisconnectCause::revoked, CloseCode::replaced, reason);
}

void Connection::drop() {
  if (is_landing()) return lasting_->mover->give_up();
  if (life_.may_come_back()) {
    if (keep()) return;
    hooks_.abandon();
    lasting_->resumer.expire();
  } else if (!life_.has_ended()) {
    hooks_.reserve_end();
    stream_->drop();
    context_.streams.traffic.closed.add(1);
    end({DisconnectCause::connection_lost, static_cast<std::uint16_t>(CloseCode::abnormal)}, false);
    on_over();
  } else if (!stream_->is_over()) {
    stream_->drop();
    on_over();
  }
  hooks_.abandon();
  if (life_.has_ended() && hooks_.is_free()) let_hooks_go();
}

// --- hooks ---

void Connection::joined(const hub::Joined& joined) {
  if (is_landing()) return lasting_->mover->joined(joined);
  if (lasting_) {
    session()->joined(joined);
  } else if (joined.missed) {  // sent while the room was being opened
    for (const base::Frame& frame : *joined.missed) deliver(frame);
  }
  if (joined.entered) note_room_change({endpoint_.hooks().on_join, "on_join"}, joined.room);
}

void Connection::left(std::string_view room) {
  if (is_landing()) return;
  if (lasting_ && !life_.has_ended()) session()->left(room);
  note_room_change({endpoint_.hooks().on_leave, "on_leave"}, room);
}

// A hub is at work, and must not be called back: the hook runs later.
void Connection::note_room_change(const RoomHook& hook, std::string_view room) {
  if (hook.hook && hooks_.note_room_change(hook, std::string(room)))
    host_.post_turn([this] { hooks_.go_on(); });
}

void Connection::on_bad_message(std::string_view word, std::string_view detail) {
  on_rejected(guard::Rejection::bad_message, word);
  if (lasting_)
    return session()->refuse(word == "binary_not_supported" ? v1::kNotSupported : word, detail);
  // The detail may be an application's own words, and bytes that are no text would end this
  // connection (RFC 6455 §8.1).
  const bool is_text = proto::is_utf8(base::as_bytes(detail));
  const Json error{{"error", word}, {"detail", is_text ? detail : "not UTF-8"}};
  endpoint_.hub().send(member(), encode(error, Forms::plain));
}

void Connection::on_hook_failed(std::string_view hook, std::string_view what) {
  base::log::error(
      "hook threw",
      {{"endpoint", endpoint_.path()}, {"hook", hook}, {"user", member().user()}, {"what", what}});
  on_rejected(guard::Rejection::hook_failed, hook);
  if (lasting_ && session()->is_answering()) session()->refuse(v1::kFailed, "the hook failed");
  close(DisconnectCause::hook_failed, CloseCode::internal_error, "internal error");
}

void Connection::on_hooks_idle() {
  if (lasting_) lasting_->resumer.hook_ended();
  if (!has_too_much()) stream_->resume_reading();
}

// While a hook waits, reading goes on when the hook has ended, if it was too much that stopped it.
void Connection::on_answers_left() {
  if (hooks_.queued_bytes() == 0 && !has_too_much()) stream_->resume_reading();
}

void Connection::on_last_hook() {
  if (life_.has_ended()) endpoint_.hub().remove(member());
}

void Connection::on_hooks_ended() {
  host_.in_turn([this] {
    if (life_.may_come_back()) return lasting_->resumer.hook_ended();
    // The runner is still on the stack, and its handle may be the last.
    host_.post_turn([this] { let_hooks_go(); });
  });
}

void Connection::let_hooks_go() {
  hooks_.forget_handle();
  feed(Event::hooks_over);
}

// --- sessions that wait, and go on ---

// Whether a client of microframe.v1 comes back after such an end.
bool Connection::heals(const Ending& ending) const {
  if (context_.limits().session_ttl.count() == 0) return false;
  switch (ending.cause) {
    case DisconnectCause::connection_lost:
    case DisconnectCause::timeout:
    case DisconnectCause::too_slow:
    case DisconnectCause::hook_failed:
    case DisconnectCause::token_expired:
    case DisconnectCause::too_many_messages:
      return true;
    case DisconnectCause::protocol_error:
      return ending.code == CloseCode::message_too_big;
    // Browsers send 1001 for pages that live on: at a link to a download, or when they are frozen.
    case DisconnectCause::peer_closed:
      return ending.code != CloseCode::normal;
    case DisconnectCause::server_closed:
      return v1::ServerSession::heals(static_cast<std::uint16_t>(ending.code));
    // Its client comes back to another node.
    case DisconnectCause::shutdown:
      return endpoint_.moves() && endpoint_.moves()->has_others();
    default:
      return ending.how == Ending::How::moved;
  }
}

// reason: taken if the session is suspended.
// returns: false if the session must end, because too many wait already.
bool Connection::suspend(DisconnectReason& reason, bool drop_queue) {
  if (!lasting_->resumer.suspend()) return false;
  if (drop_queue) session()->rewind();
  session()->suspend();
  endpoint_.hub().suspend(member());
  hooks_.disconnect(std::move(reason), drop_queue);
  return true;
}

bool Connection::is_latest(const Resumption& resumption) {
  return session()->is_latest(resumption.attempt);
}

bool Connection::can_resume(const Resumption& resumption) const {
  return session()->can_resume(resumption.received);
}

void Connection::release_stream() {
  if (life_.is_open()) return stream_->end(endings::kMoved);
  if (stream_->is_over()) return;
  stream_->drop();
  on_over();
}

void Connection::go_on_with(Resumption resumption) {
  if (resumption.departure) return depart(std::move(resumption));
  begin_again(resumption);
  begin_hooks_again(resumption);
}

void Connection::begin_again(Resumption& resumption) {
  Opening& opening = resumption.opening;
  begin_stream(std::move(opening.deflate));
  host_.identify(std::move(opening.identity));
  resumed_.store(true, std::memory_order_relaxed);
  ticket_ = std::move(opening.ticket);
  stream_->open(std::move(resumption.stream), resumption.accept);
  if (!is_landing()) hooks_.begin_anew();
  feed(Event::hooks_free);
  endpoint_.hub().resume(member());
  session()->welcome_back(resumption.received);
}

void Connection::begin_hooks_again(Resumption& resumption) {
  note_begin();
  hooks_.connect(WebSocket(host_));
  if (!resumption.early.empty()) stream_->read(resumption.early);
  check_revocation();
}

void Connection::on_nobody_came() {
  host_.in_turn([this] { lasting_->resumer.expire(); });
}

// on_session_expired runs, then the session's rooms are left. A client that is held begins anew
// before that, so that its user does not go offline in between.
void Connection::wind_up() {
  const auto successor = lasting_->resumer.end();
  endpoint_.hub().begin_leave(member());
  session()->end();
  SessionCounts::add(context_.counts.sessions.expired);
  try {
    if (successor) host_.begin_anew(std::move(*successor));
  } catch (const std::bad_alloc&) {  // its stream is closed, and its client comes again
  }
  hooks_.expire();
}

// --- sessions that move ---

Mover& Connection::mover() {
  if (!lasting_->mover) {
    MoverHost& mover_host = *this;
    lasting_->mover = std::make_unique<Mover>(context_, mover_host);
  }
  return *lasting_->mover;
}

void Connection::deliver_marked(const base::Frame& frame, const hub::Mark& mark) {
  if (!lasting_) return stream_->send(frame.plain());
  if (!lasting_->mover || lasting_->mover->lets_through(frame, mark))
    lasting_->session.deliver(frame);
}

void Connection::land(Resumption resumption, const Arrival& arrival) {
  feed(Event::land);
  mover().land(std::move(resumption), arrival);
}

void Connection::go_on_here(Resumption resumption, const std::function<void()>& rooms) {
  begin_again(resumption);
  rooms();
  begin_hooks_again(resumption);
}

void Connection::forget() {
  hooks_.forget_handle();
  feed(Event::move);
}

Resumable::Watched Connection::watch() {
  return life_.has_ended() ? Resumable::Watched() : mover().watch();
}

// The hooks have ended; answers that wait until what they have published is stored are waited for, too.
void Connection::depart(Resumption resumption) {
  if (session()->held_bytes() != 0) {
    const auto later = std::make_shared<Resumption>(std::move(resumption));
    return host_.post_turn_after(kAnswersStep, [this, later] {
      if (life_.state() == State::resuming) depart(std::move(*later));
    });
  }
  // Where it is not known what the session was sent, it cannot go, and its client begins anew there.
  if (!mover().can_go()) {
    resumption.departure->refuse();
    return lasting_->resumer.expire();
  }
  mover().go(*resumption.departure);
}

// Whether it is kept where another node finds it, because this server stops.
bool Connection::keep() {
  if (!context_.roster.is_closing() || !endpoint_.moves()) return false;
  if (life_.state() != State::suspended && life_.state() != State::resuming) return false;
  hooks_.abandon();
  if (!hooks_.is_free()) return false;
  release_stream();
  const auto time_left = lasting_->resumer.end_wait();
  mover().keep(time_left);
  return true;
}

}  // namespace microframe::ws
