#include "ws/http_session.hpp"

#include <chrono>

#include "base/log.hpp"
#include "base/to_ms.hpp"
#include "net/tls_session.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_server.hpp"
#include "ws/resumption.hpp"
#include "ws/server_connection.hpp"
#include "ws/site.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;

// Of a path that nothing is behind, in the log: shorter than any token that might have strayed
// there.
constexpr std::size_t kPathBytesLogged = 64;

proto::HeadLimits head_limits(const Limits& limits) {
  proto::HeadLimits result;
  result.bytes_max = limits.head_bytes_max;
  result.fields_max = limits.head_fields_max;
  return result;
}

authx::Presented presented(const proto::RequestHead& head, const proto::UpgradeRequest& request) {
  authx::Presented result;
  result.query = head.query;
  result.cookies = head.all("cookie");
  result.authorization = head.find("authorization").value_or(std::string_view{});
  result.subprotocols = request.subprotocols;
  result.origin = head.find("origin");
  result.host = head.find("host").value_or(std::string_view{});
  return result;
}

guard::Rejection rejection_for(unsigned status) {
  switch (status) {
    case 426:
      return guard::Rejection::upgrade_required;
    case 431:
      return guard::Rejection::head_too_large;
    default:
      return guard::Rejection::bad_request;
  }
}

}  // namespace

HttpSession::HttpSession(LoopServer& server, guard::Arrival arrival)
    : server_(server),
      peer_(arrival.peer),
      verdict_(arrival.verdict),
      ticket_(std::move(arrival.ticket)),
      scanner_(head_limits(server.site().limits)),
      socket_(new net::Socket(server.loop(), std::move(arrival.fd), *this)) {
  const Limits& limits = server.site().limits;
  if (server.site().tls) {
    phase_ = Phase::securing;
    socket_->secure(server.site().tls->accept());
  }
  arm(phase_ == Phase::securing ? limits.tls_handshake_time : limits.head_time);
}

// --- TLS ---

void HttpSession::on_secured() {
  phase_ = Phase::reading_head;
  arm(server_.site().limits.head_time);
}

void HttpSession::on_plaintext() {
  guarded([this] {
    reject(guard::Rejection::bad_request, 400,
           "This port speaks TLS: write https:// or wss:// in place of http:// or ws://");
  });
}

// --- the request ---

void HttpSession::on_receive(base::MutableBytes bytes) {
  guarded([&] { receive(bytes); });
}

void HttpSession::receive(base::MutableBytes bytes) {
  switch (phase_) {
    case Phase::securing:
      return;
    case Phase::reading_head:
      return read_head(bytes);
    case Phase::authenticating:
      hold(bytes);
      return;
    case Phase::answered:
      return;
  }
}

// The usual head comes whole and is read where it lies; one in pieces is gathered first.
void HttpSession::read_head(base::MutableBytes bytes) {
  // Whatever it says: a proxy that was forgotten in the list sends its header, which is no head.
  if (verdict_ == guard::Admission::Verdict::no_proxy) return reject(guard::refusal_of(verdict_));
  if (!held_.empty()) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    bytes = held_;
  }
  const auto scanned = scanner_.scan(bytes);
  if (!scanned)
    return reject(rejection_for(scanned.error().status), scanned.error().status,
                  scanned.error().reason);
  if (!*scanned) {
    if (held_.empty()) held_.assign(bytes.begin(), bytes.end());
    return;
  }
  const std::vector<std::byte> gathered = std::move(held_);  // what `bytes` may show
  held_.clear();
  const std::size_t size = **scanned;
  handle_head(base::as_text(bytes.first(size)), bytes.subspan(size));
}

void HttpSession::handle_head(std::string_view text, base::MutableBytes rest) {
  const auto head = proto::parse_request_head(text, head_limits(server_.site().limits));
  if (!head)
    return reject(rejection_for(head.error().status), head.error().status, head.error().reason);
  name_client(*head);
  Endpoint* endpoint = server_.site().endpoint(head->path);
  if (verdict_ != guard::Admission::Verdict::admitted) {
    const guard::Refusal refusal = guard::refusal_of(verdict_);
    if (endpoint || !refusal.sees_pages) return reject(refusal);
  }
  if (endpoint) return begin_upgrade(*head, *endpoint, rest);
  serve_page(*head);
}

// From here on the peer is the client, whose connections are counted.
void HttpSession::name_client(const proto::RequestHead& head) {
  const guard::Proxies& proxies = server_.site().proxies;
  if (!proxies.forwards(peer_)) return;
  peer_ = proxies.client(head.all("x-forwarded-for"), peer_);
  if (verdict_ == guard::Admission::Verdict::admitted)
    verdict_ = server_.site().admission.count_for(guard::counted_as(peer_), ticket_);
}

void HttpSession::serve_page(const proto::RequestHead& head) {
  const Page* page = server_.site().page(head.path);
  if (!page) {
    server_.site().reject(guard::Rejection::not_found, net::to_string(peer_),
                          head.path.substr(0, kPathBytesLogged));
    return answer(proto::refusal_response(404, {}, "no such path"));
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return reject(guard::Rejection::bad_request, 405, "method", "Allow: GET, HEAD\r\n");
  }
  std::string fields = "Content-Type: " + page->content_type + "\r\n";
  fields +=
      "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: "
      "no-referrer\r\n";
  if (page->good && !page->good()) return answer(proto::refusal_response(503, {}, page->body()));
  answer(proto::page_response(fields, page->body(), head.method == "HEAD"));
}

// --- who it is ---

void HttpSession::begin_upgrade(const proto::RequestHead& head, Endpoint& endpoint,
                                base::MutableBytes rest) {
  const auto request = proto::check_upgrade(head);
  if (!request) {
    const auto& refusal = request.error();
    return reject(rejection_for(refusal.status), refusal.status, refusal.reason, refusal.fields);
  }
  upgrade_ = std::make_unique<Upgrade>();
  upgrade_->endpoint = &endpoint;
  upgrade_->key = request->key;
  upgrade_->subprotocol = endpoint.choose_subprotocol(request->subprotocols);
  if (upgrade_->subprotocol == v1::kSubprotocol) {
    for (const std::string_view offered : request->subprotocols) {
      if (auto resume = v1::parse_resume(offered)) upgrade_->resume = std::move(*resume);
    }
  }
  for (const std::string_view field : head.all("sec-websocket-extensions")) {
    upgrade_->extensions += upgrade_->extensions.empty() ? "" : ", ";
    upgrade_->extensions += field;
  }
  auto candidate = endpoint.authenticator().choose(presented(head, *request));
  if (!candidate) return refuse(candidate.error());
  upgrade_->candidate = std::move(*candidate);
  judge(rest);
}

// From here on what arrives is held, and all the waiting there may be has one limit.
void HttpSession::begin_authenticating() {
  if (phase_ == Phase::authenticating) return;
  phase_ = Phase::authenticating;
  arm(server_.site().limits.auth_time);
}

// Keeps early frames. returns: false if they are too many, which ends the session.
bool HttpSession::hold(base::Bytes bytes) {
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  if (held_.size() <= server_.site().limits.auth_bytes_max) return true;
  reject(guard::Rejection::auth_flood, 503, "frames before the handshake's answer");
  return false;
}

void HttpSession::look_up_user(base::MutableBytes rest) {
  upgrade_->look_up = server_.site().admission.authentications().take();
  if (!upgrade_->look_up)
    return reject(guard::Rejection::auth_overload, 503, "users being looked up",
                  "Retry-After: 5\r\n");
  begin_authenticating();
  if (!hold(rest)) return;
  bool answered = false;
  try {
    answered = ask_user_store();
  } catch (const std::exception& error) {
    return look_up_failed(error.what());
  } catch (...) {
    return look_up_failed("an exception that is no std::exception");
  }
  if (answered) finish_look_up();
}

// returns: whether the AuthManager has answered already.
bool HttpSession::ask_user_store() {
  const detail::ActivitySign::Scope shown(server_.loop().activity(),
                                          {"AuthManager", upgrade_->endpoint->path().c_str()});
  look_up_ = upgrade_->endpoint->users()->authorize(upgrade_->claims);
  return look_up_.start(&HttpSession::looked_up, this);
}

void HttpSession::looked_up(void* self) {
  auto& session = *static_cast<HttpSession*>(self);
  session.guarded([&] { session.finish_look_up(); });
}

void HttpSession::finish_look_up() {
  upgrade_->look_up = {};
  if (phase_ != Phase::authenticating) return;  // too late: it has been refused
  bool welcome = false;
  try {
    welcome = look_up_.result().has_value();
  } catch (const std::exception& error) {
    return look_up_failed(error.what());
  } catch (...) {
    return look_up_failed("an exception that is no std::exception");
  }
  if (welcome) {
    auto early = std::move(held_);
    return open(early);
  }
  authx::Refused refused;
  refused.detail = "the AuthManager does not authorize this user";
  refuse(refused);
}

void HttpSession::look_up_failed(std::string_view what) {
  base::log::error("the AuthManager threw",
                   {{"endpoint", upgrade_->endpoint->path()}, {"what", what}});
  reject(guard::Rejection::auth_failed, 503, "the user store failed");
}

// The seed's way: a browser sees no HTTP status, so the handshake is accepted and the refusal said
// inside it (design: Authentication). No hook runs and nobody is registered.
void HttpSession::refuse(const authx::Refused& refused) {
  if (refused.kind == authx::Refused::Kind::forbidden_origin) {
    return reject(guard::Rejection::forbidden_origin, 403, refused.detail);
  }
  if (upgrade_->endpoint->refuses_by_http()) {
    return reject(guard::Rejection::unauthenticated, 401, refused.detail,
                  "WWW-Authenticate: Bearer\r\n");
  }
  server_.site().reject(guard::Rejection::unauthenticated, net::to_string(peer_), refused.detail);
  std::string bytes = proto::accept_response(upgrade_->key, upgrade_->subprotocol);
  const SharedBuffer error = encode(Json{{"error", authx::Refused::kWord}}, Forms::plain).plain();
  bytes += base::as_text(error.bytes());
  bytes += base::as_text(
      proto::close_frame(proto::CloseCode::unauthenticated, authx::Refused::kWord).bytes());
  answer(bytes);
}

// Hands the stream over to the WebSocket that it now is.
void HttpSession::open(base::MutableBytes early) {
  if (open_former(early)) return;
  socket_->send(SharedBuffer::copy(base::as_bytes(acceptance())));
  const authx::Time issued_at = upgrade_->claims.issued_at;
  const base::Ref<ServerConnection> connection(new ServerConnection(server_, opening()));
  auto socket = std::move(socket_);
  server_.adopt(connection);
  const guard::Revocations& revocations = server_.site().revocations;
  server_.forget(*this);  // `this` is gone; `early` shows bytes that are not its own
  connection->open(std::move(socket), early);
  // A revocation that came since the token was judged may not have seen this device.
  if (revocations.covers(connection->user(), issued_at)) connection->revoke_here("revoked");
}

std::string HttpSession::acceptance() const {
  const auto& deflate = upgrade_->deflate.params;
  return proto::accept_response(upgrade_->key, upgrade_->subprotocol,
                                deflate ? proto::deflate_answer(*deflate) : std::string{});
}

ServerConnection::Opening HttpSession::opening() {
  Upgrade& upgrade = *upgrade_;
  const bool is_token = upgrade.endpoint->authenticator().carries_token(upgrade.subprotocol);
  const bool has_session = upgrade.subprotocol == v1::kSubprotocol;
  std::unique_ptr<const std::string> certificate;
  if (auto subject = socket_->peer_subject())
    certificate.reset(new std::string(std::move(*subject)));
  return {upgrade.endpoint,
          std::move(upgrade.claims),
          is_token ? std::string{} : std::move(upgrade.subprotocol),
          has_session,
          peer_,
          std::move(ticket_),
          std::move(upgrade.deflate),
          std::move(certificate)};
}

// Where the client goes on with a session: gives the stream to it, at the end of this iteration,
// for there may be more to read of what has come. returns: false if there is no such session.
bool HttpSession::open_former(base::MutableBytes early) {
  if (!upgrade_->resume) return false;
  const auto former = server_.site().sessions.find(*upgrade_->resume);
  if (!former || &former->endpoint() != upgrade_->endpoint ||
      former->user() != upgrade_->claims.sub)
    return false;
  begin_authenticating();
  if (!hold(early)) return true;
  alive_ = std::make_shared<bool>(true);
  server_.loop().post([this, alive = std::weak_ptr<bool>(alive_), former] {
    if (alive.expired()) return;
    guarded([&] { hand_over(former); });
  });
  return true;
}

void HttpSession::hand_over(const base::Ref<ServerConnection>& former) {
  if (phase_ != Phase::authenticating) return;  // it has been refused meanwhile
  auto resumption = std::make_shared<Resumption>();
  resumption->accept = acceptance();
  resumption->issued_at = upgrade_->claims.issued_at;
  resumption->received = upgrade_->resume->received;
  resumption->attempt = upgrade_->resume->attempt;
  resumption->opening = opening();
  resumption->early = std::move(held_);
  resumption->stream = socket_->release();
  former->request_resume(
      std::move(resumption));  // it may lack memory: nothing must be forgotten before
  server_.forget(*this);
}

// --- the end ---

void HttpSession::drop() {
  server_.forget(*this);
}

void HttpSession::on_end(net::EndReason reason) {
  guarded([&] {
    // A stream that only ends, as a probe's, is nobody's fault.
    if (reason == net::EndReason::tls_failed) {
      server_.site().reject(guard::Rejection::tls_failed, net::to_string(peer_),
                            socket_->tls_failure());
    }
    server_.forget(*this);
  });
}

void HttpSession::on_deadline(std::uint64_t) {
  guarded([this] { deadline_passed(); });
}

void HttpSession::deadline_passed() {
  switch (phase_) {
    case Phase::securing:
      server_.site().reject(guard::Rejection::tls_timeout, net::to_string(peer_),
                            "no TLS handshake in time");
      return server_.forget(*this);
    case Phase::reading_head:
      return reject(guard::Rejection::head_timeout, 408, "no request in time");
    case Phase::authenticating:
      if (upgrade_->keys) return keys_missing("the keys did not come in time");
      return reject(guard::Rejection::auth_timeout, 503, "the user store did not answer in time");
    case Phase::answered:
      return server_.forget(*this);
  }
}

void HttpSession::arm(std::chrono::milliseconds limit) {
  server_.loop().wheel().arm(*this, server_.loop().now_ms() + base::to_ms(limit));
}

// --- answers ---

void HttpSession::reject(guard::Rejection why, unsigned status, std::string_view detail,
                         std::string_view extra_fields) {
  server_.site().reject(why, net::to_string(peer_), detail);
  answer(proto::refusal_response(status, extra_fields, detail));
}

void HttpSession::reject(const guard::Refusal& refusal) {
  reject(refusal.why, refusal.status, refusal.detail, refusal.fields);
}

// One answer, then the end: FIN follows it, and whatever still comes is dropped, so that no RST
// overtakes the answer.
void HttpSession::answer(std::string_view bytes) {
  phase_ = Phase::answered;
  held_ = std::vector<std::byte>();
  socket_->send(SharedBuffer::copy(base::as_bytes(bytes)));
  socket_->finish();
  arm(server_.site().limits.closing_time);
}

}  // namespace microframe::ws
