#include "ws/upgrade.hpp"

#include <utility>

#include "base/log.hpp"
#include "proto/control_frame.hpp"
#include "proto/handshake.hpp"
#include "ws/device.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/resumption.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// How long other nodes are asked for a session.
constexpr std::chrono::milliseconds kSeekTime{2'000};
constexpr std::string_view kComeLater = "Retry-After: 5\r\n";

}  // namespace

// --- the order of a handshake ---

void Upgrade::begin(const proto::RequestHead& head, base::MutableBytes early) {
  early_ = early;
  go_on(take_step(&head), &head);
}

// A step that has waited comes back here with what has come of it. `this` may be gone after.
void Upgrade::go_on(Then then, const proto::RequestHead* head) {
  for (; then == Then::next; then = take_step(head))
    step_ = static_cast<Step>(static_cast<int>(step_) + 1);
}

Upgrade::Then Upgrade::take_step(const proto::RequestHead* head) {
  switch (step_) {
    case Step::head:
      return check_head(*head);
    case Step::token:
      return find_token(*head);
    case Step::key:
      return judge_token();
    case Step::share:
      return check_share();
    case Step::user:
      return look_up_user();
    case Step::former:
      return find_former();
    case Step::open:
      return open();
  }
  return Then::over;
}

// --- head ---

Upgrade::Then Upgrade::check_head(const proto::RequestHead& head) {
  const auto request = proto::check_upgrade(head);
  if (!request) {
    const auto& refusal = request.error();
    const auto why =
        refusal.status == 426 ? guard::Rejection::upgrade_required : guard::Rejection::bad_request;
    return reject(why, refusal.status, refusal.reason, refusal.fields);
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

Upgrade::Then Upgrade::find_token(const proto::RequestHead& head) {
  authx::Presented presented;
  presented.query = head.query;
  presented.cookies = head.all("cookie");
  presented.authorization = head.find("authorization").value_or(std::string_view{});
  presented.subprotocols = std::exchange(offered_, {});
  presented.origin = head.find("origin");
  presented.host = head.find("host").value_or(std::string_view{});
  if (host_.came_by_tls(head)) presented.by = authx::Transport::tls;
  auto candidate = endpoint_.authenticator().choose(presented);
  if (!candidate) return refuse(candidate.error());
  candidate_ = std::move(*candidate);
  return Then::next;
}

// --- key ---

// What a token says of its key decides nothing before the key has verified it: the key is looked for
// among those of the issuers that are configured, and has them fetched anew at most.
Upgrade::Then Upgrade::judge_token() {
  const auto looked = steady_clock::now();
  auto identity = endpoint_.judge(candidate_, system_clock::now());
  if (!identity) {
    if (identity.error().kind != authx::Refused::Kind::unknown_key) return refuse(identity.error());
    if (!keys_) {
      keys_.emplace();
      keys_->since = looked;
    }
    keys_->looked = looked;
    return wait_for_keys(identity.error());
  }
  keys_.reset();
  claims_ = std::move(identity->claims);
  if (!identity->note.empty())
    base::log::limited(base::log::Level::warning, "tokens differ", {{"note", identity->note}});
  std::vector<proto::Extension> offers;  // well formed, as the handshake's check has found
  proto::parse_extensions(extensions_, offers);
  deflate_ =
      agree_on_deflate(offers, context_.settings.compression, context_.registries.takeover_budget);
  return Then::next;
}

Upgrade::Then Upgrade::wait_for_keys(const authx::Refused& refused) {
  if (!keys_->place) {
    keys_->place = context_.registries.key_waits.take();
    if (!keys_->place)
      return reject(guard::Rejection::key_waits_full, 503, "keys being waited for", kComeLater);
    if (wait() == Then::over) return Then::over;
  }
  const keys::Keyring& ring = endpoint_.keyring();
  keys_->source = ring.number(refused.source);
  const auto deadline = keys_->since + context_.limits().auth_time;
  const auto came = [this] {
    host_.in_turn([this] {
      if (host_.is_waiting()) go_on(judge_token());
    });
  };
  switch (
      ring.store().wait(keys_->source, keys_->since, keys_->looked, deadline, came, keys_->wait)) {
    case keys::KeyStore::Outlook::absent:
      keys_.reset();
      return refuse(refused);
    case keys::KeyStore::Outlook::renewed:
      return judge_token();
    case keys::KeyStore::Outlook::coming:
      return Then::waits;
    case keys::KeyStore::Outlook::too_far:
      return keys_missing("unknown key, and its issuer is not to be asked yet");
  }
  return Then::over;
}

// Nobody can tell whether the token is good: its bearer must come back, not be turned away.
Upgrade::Then Upgrade::keys_missing(std::string_view detail) {
  const auto after = endpoint_.keyring().store().retry_after(keys_->source);
  keys_.reset();  // its place is another's while the answer leaves
  return reject(guard::Rejection::keys_unavailable, 503, detail,
                "Retry-After: " + std::to_string(after.count()) + "\r\n");
}

// --- share ---

// A user is one of an endpoint: others may have the same name elsewhere.
Upgrade::Then Upgrade::check_share() {
  const std::string user = endpoint_.path() + '\0' + claims_.sub;
  if (context_.registries.admission.admits_user(user, context_.loop.now_ms())) return Then::next;
  return reject(guard::Rejection::user_flood, 429, "handshakes a second of the user", kComeLater);
}

// --- user ---

Upgrade::Then Upgrade::look_up_user() {
  if (!endpoint_.users()) return Then::next;
  if (!question_.take_place(context_))
    return reject(guard::Rejection::auth_overload, 503, "users being looked up", kComeLater);
  if (wait() == Then::over) return Then::over;
  return judge_user(question_.ask(context_, endpoint_, claims_, &Upgrade::looked_up, this));
}

void Upgrade::looked_up(void* self) {
  auto& upgrade = *static_cast<Upgrade*>(self);
  upgrade.host_.in_turn(
      [&upgrade] { upgrade.go_on(upgrade.judge_user(upgrade.question_.take_answer())); });
}

Upgrade::Then Upgrade::judge_user(UserQuestion::Answer answer) {
  if (answer == UserQuestion::Answer::none_yet) return Then::waits;
  if (!host_.is_waiting()) return Then::over;  // too late: it has been refused
  if (answer == UserQuestion::Answer::welcome) return Then::next;
  if (answer == UserQuestion::Answer::failed)
    return reject(guard::Rejection::auth_failed, 503, "the user store failed");
  authx::Refused refused;
  refused.detail = "the AuthManager does not authorize this user";
  return refuse(refused);
}

// --- former session ---

// Where the client goes on with a session, the stream goes to it, but at the end of this iteration,
// because there may be more to read of what has come.
Upgrade::Then Upgrade::find_former() {
  if (!resume_) return Then::next;
  former_ = context_.registries.sessions.find(*resume_);
  if (!former_) return seek_elsewhere();
  if (!former_.session->belongs_to(endpoint_, claims_.sub)) return Then::next;
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

Upgrade::Then Upgrade::seek_elsewhere() {
  Moves* const moves = endpoint_.moves();
  if (!moves) return Then::next;
  if (wait() == Then::over) return Then::over;
  seeks_ = std::make_shared<Upgrade*>(this);
  const std::weak_ptr<Upgrade*> weak = seeks_;
  const auto number =
      moves->seek({*resume_, claims_.sub}, [weak, &context = context_](const auto& place) {
        context.post([weak, place] {
          if (const auto upgrade = weak.lock()) (*upgrade)->sought(place);
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
    if (!place) return go_on(Then::next);
    land(*place);
  });
}

void Upgrade::land(const Arrival::Place& place) {
  Arrival arrival;
  arrival.wanted = {*resume_, claims_.sub};
  arrival.from = place;
  LoopContext& context = context_;
  Resumption made = resumption();
  host_.leave();
  Device::land(context, std::move(made), std::move(arrival));
}

// --- open ---

// Hands the stream over to the device that it now has.
Upgrade::Then Upgrade::open() {
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
  const bool has_session = subprotocol_ == v1::kSubprotocol;
  // That of a token is never told, and that of sessions is known.
  const bool is_told = !has_session && !endpoint_.authenticator().carries_token(subprotocol_);
  base::Ref<const Identity> identity(new Identity(claims_, host_.peer(),
                                                  host_.socket().peer_subject(),
                                                  is_told ? subprotocol_ : std::string{}));
  return {&endpoint_, std::move(claims_.sub), std::move(identity), has_session,
          inherits(), host_.take_ticket(),    std::move(deflate_)};
}

// --- waiting, and refusing ---

Upgrade::Then Upgrade::wait() {
  return host_.wait(std::exchange(early_, {})) ? Then::waits : Then::over;
}

void Upgrade::give_up() {
  if (keys_) {
    keys_missing("the keys did not come in time");
  } else {
    reject(guard::Rejection::auth_timeout, 503, "the user store did not answer in time");
  }
}

// The seed's way: a browser sees no HTTP status, so the handshake is accepted and the refusal said
// inside it (design: Authentication). No hook runs and nobody is registered.
Upgrade::Then Upgrade::refuse(const authx::Refused& refused) {
  if (refused.kind == authx::Refused::Kind::forbidden_origin)
    return reject(guard::Rejection::forbidden_origin, 403, refused.detail);
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
  return Then::over;
}

Upgrade::Then Upgrade::reject(guard::Rejection why, unsigned status, std::string_view detail,
                              std::string_view fields) {
  host_.reject(why, status, detail, fields);
  return Then::over;
}

}  // namespace microframe::ws
