#include "ws/upgrade.hpp"

#include <utility>

#include "proto/control_frame.hpp"
#include "proto/handshake.hpp"
#include "ws/device.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/resumption.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;
// How long other nodes are asked for a session.
constexpr std::chrono::milliseconds kSeekTime{2'000};
constexpr std::string_view kComeLater = "Retry-After: 5\r\n";

}  // namespace

Upgrade::Upgrade(LoopContext& context, UpgradeHost& host, Endpoint& endpoint)
    : context_(context),
      host_(host),
      endpoint_(endpoint),
      authentication_(context, static_cast<AuthenticationHost&>(*this), endpoint.access()) {}

// --- the order of a handshake ---

void Upgrade::begin(const proto::RequestHead& head, base::MutableBytes early) {
  early_ = early;
  take_steps(take_step(&head), &head);
}

// A step that has waited comes back here with what has come of it. `this` may be gone after.
void Upgrade::take_steps(Then then, const proto::RequestHead* head) {
  for (; then == Then::next; then = take_step(head))
    step_ = static_cast<Step>(static_cast<int>(step_) + 1);
}

Then Upgrade::take_step(const proto::RequestHead* head) {
  switch (step_) {
    case Step::head:
      return check_head(*head);
    case Step::token:
      return find_token(*head);
    case Step::key:
      return authentication_.judge();
    case Step::share:
      return check_share();
    case Step::user:
      return authentication_.look_up_user();
    case Step::former:
      return find_former();
    case Step::open:
      return open();
  }
  return Then::over;
}

// --- head ---

Then Upgrade::check_head(const proto::RequestHead& head) {
  const auto request = proto::check_upgrade(head);
  if (!request) {
    const auto& refusal = request.error();
    const auto why =
        refusal.status == 426 ? guard::Rejection::upgrade_required : guard::Rejection::bad_request;
    reject(why, refusal.status, refusal.reason, refusal.fields);
    return Then::over;
  }
  key_ = request->key;
  offered_ = request->subprotocols;
  subprotocol_ = endpoint_.choose_subprotocol(offered_);
  if (subprotocol_ == v1::kSubprotocol) {
    for (const std::string_view offered : offered_) {
      if (auto resume = v1::parse_resume(offered)) resume_ = std::move(*resume);
    }
  }
  for (const std::string_view field : head.all("sec-websocket-extensions")) {
    extensions_ += extensions_.empty() ? "" : ", ";
    extensions_ += field;
  }
  return Then::next;
}

// --- token ---

Then Upgrade::find_token(const proto::RequestHead& head) {
  authx::Presented presented;
  presented.query = head.query;
  presented.cookies = head.all("cookie");
  presented.authorization = head.find("authorization").value_or(std::string_view{});
  presented.subprotocols = std::exchange(offered_, {});
  presented.origin = head.find("origin");
  presented.host = head.find("host").value_or(std::string_view{});
  if (host_.came_by_tls(head)) presented.by = authx::Transport::tls;
  return authentication_.choose(presented);
}

// --- share ---

// A user is one of an endpoint: others may have the same name elsewhere.
Then Upgrade::check_share() {
  const std::string user = endpoint_.path() + '\0' + authentication_.claims().sub;
  if (context_.registries.admission.admits_user(user, context_.loop.now_ms())) return Then::next;
  reject(guard::Rejection::user_flood, 429, "handshakes a second of the user", kComeLater);
  return Then::over;
}

// --- former session ---

void Upgrade::agree() {
  std::vector<proto::Extension> offers;  // well formed, as the handshake's check has found
  proto::parse_extensions(extensions_, offers);
  deflate_ =
      agree_on_deflate(offers, context_.settings.compression, context_.registries.takeover_budget);
}

// Where the client goes on with a session, the stream goes to it, but at the end of this iteration,
// because there may be more to read of what has come.
Then Upgrade::find_former() {
  agree();
  if (!resume_) return Then::next;
  former_ = context_.registries.sessions.find(*resume_);
  if (!former_) return seek_elsewhere();
  if (!former_.session->belongs_to(endpoint_, authentication_.claims().sub)) return Then::next;
  if (wait() == Then::over) return Then::over;
  host_.later([this] { hand_over(); });
  return Then::waits;
}

Resumption Upgrade::resumption() {
  Resumption resumption{{}, opening(), acceptance(), 0, 0, {}, nullptr};
  resumption.received = resume_->received;
  resumption.attempt = resume_->attempt;
  resumption.early = host_.take_held();
  resumption.stream = host_.socket().release();
  return resumption;
}

void Upgrade::hand_over() {
  if (!host_.is_waiting()) return;  // it has been refused meanwhile
  auto made = std::make_shared<Resumption>(resumption());
  const Sessions::Found former = std::move(former_);
  // This may run out of memory: nothing must be forgotten before.
  former.session->request_resume(std::move(made));
  host_.leave();
}

// --- former session on another node ---

Then Upgrade::seek_elsewhere() {
  Moves* const moves = endpoint_.moves();
  if (!moves) return Then::next;
  if (wait() == Then::over) return Then::over;
  seeks_ = std::make_shared<Upgrade*>(this);
  const std::weak_ptr<Upgrade*> weak = seeks_;
  const auto number = moves->seek({*resume_, authentication_.claims().sub},
                                  [weak, &context = context_](const auto& place) {
                                    context.post([weak, place] {
                                      if (const auto upgrade = weak.lock())
                                        (*upgrade)->sought(place);
                                    });
                                  });
  context_.loop.after(kSeekTime, [weak, moves, number] {
    moves->forget(number);
    if (const auto upgrade = weak.lock()) (*upgrade)->sought(std::nullopt);
  });
  return Then::waits;
}

void Upgrade::sought(const std::optional<Arrival::Place>& place) {
  seeks_.reset();
  host_.in_turn([this, &place] {
    if (!host_.is_waiting()) return;
    if (!place) return take_steps(Then::next, nullptr);
    land(*place);
  });
}

void Upgrade::land(const Arrival::Place& place) {
  Arrival arrival;
  arrival.wanted = {*resume_, authentication_.claims().sub};
  arrival.from = place;
  LoopContext& context = context_;
  Resumption made = resumption();
  host_.leave();
  Device::land(context, std::move(made), std::move(arrival));
}

// --- open ---

// Hands the stream over to the device that it now has.
Then Upgrade::open() {
  host_.socket().send(SharedBuffer::copy(base::as_bytes(acceptance())));
  const auto device = Device::make(context_, opening());
  auto held = host_.is_waiting() ? host_.take_held() : std::vector<std::byte>();
  const base::MutableBytes early = held.empty() ? early_ : base::MutableBytes(held);
  auto socket = host_.take_socket();
  host_.leave();  // `this` is gone; `early` shows bytes that are not its own
  device->begin(std::move(socket), early);
  return Then::over;
}

// A session that has ended here is gone as one that was never lost: only of another server's is
// nothing known.
bool Upgrade::inherits() const {
  return context_.settings.inherits && resume_ &&
         !context_.registries.sessions.have_made(resume_->session);
}

std::string Upgrade::acceptance() const {
  const auto& deflate = deflate_.params;
  return proto::accept_response(key_, subprotocol_,
                                deflate ? proto::deflate_answer(*deflate) : std::string{});
}

Opening Upgrade::opening() {
  authx::Claims& claims = authentication_.claims();
  const bool has_session = subprotocol_ == v1::kSubprotocol;
  // That of a token is never told, and that of sessions is known.
  const bool is_told =
      !has_session && !endpoint_.access().authenticator().carries_token(subprotocol_);
  base::Ref<const Identity> identity(
      new Identity(claims, host_.peer(), host_.socket().peer_subject(),
                   is_told ? subprotocol_ : std::string{}, authentication_.take_user()));
  return {&endpoint_, std::move(claims.sub), std::move(identity), has_session,
          inherits(), host_.take_ticket(),   std::move(deflate_)};
}

// --- refusing ---

// The seed's way: a browser sees no HTTP status, so the handshake is accepted and the refusal said
// inside it (design: Authentication). No hook runs and nobody is registered.
void Upgrade::refuse(const authx::Refused& refused) {
  if (refused.kind == authx::Refused::Kind::forbidden_origin)
    return reject(guard::Rejection::forbidden_origin, 403, refused.detail, {});
  if (endpoint_.refuses_by_http())
    return reject(guard::Rejection::unauthenticated, 401, refused.detail,
                  "WWW-Authenticate: Bearer\r\n");
  context_.counts.rejections.add(guard::Rejection::unauthenticated, net::to_string(host_.peer()),
                                 refused.detail);
  std::string bytes = proto::accept_response(key_, subprotocol_);
  const base::Frame error = encode(Json{{"error", authx::Refused::kWord}}, Forms::plain);
  bytes += base::as_text(error.plain().bytes());
  const auto close = proto::close_frame(proto::CloseCode::unauthenticated, authx::Refused::kWord);
  bytes += base::as_text(close.bytes());
  host_.answer(bytes);
}

}  // namespace microframe::ws
