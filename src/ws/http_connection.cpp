#include "ws/http_connection.hpp"

#include <string>
#include <utility>

#include "net/tls_session.hpp"
#include "proto/handshake.hpp"
#include "ws/endpoint.hpp"

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

guard::Rejection rejection_for(unsigned status) {
  return status == 431 ? guard::Rejection::head_too_large : guard::Rejection::bad_request;
}

}  // namespace

void HttpConnection::begin(LoopContext& context, guard::Arrival arrival) {
  using Verdict = guard::Admission::Verdict;
  const bool admitted = arrival.verdict == Verdict::admitted;
  if (admitted) return context.roster.enter(*new HttpConnection(context, std::move(arrival)));
  arrival.ticket = {};
  const guard::Refusal refusal = guard::refusal_of(arrival.verdict);
  const auto leave_unanswered = [&context](guard::Rejection why, const net::PeerAddress& peer) {
    context.counts.rejections.add(why, net::to_string(peer), "unanswered");
  };
  // Telling each of a flood why would cost what the limit must save; so would a TLS handshake of
  // each.
  const bool costs_too_much =
      context.settings.tls &&
      (arrival.verdict == Verdict::too_fast || arrival.verdict == Verdict::address_too_fast);
  const bool has_room = context.refused.size() < context.settings.answers_max;
  if (costs_too_much || (!has_room && !refusal.sees_pages))
    return leave_unanswered(refusal.why, arrival.peer);
  if (!has_room) {
    // The oldest makes room: a health check speaks at once, and must not wait for those that do not.
    HttpConnection& oldest = *context.refused.front();
    if (oldest.phase_ != Phase::answered)
      leave_unanswered(guard::refusal_of(oldest.verdict_).why, oldest.peer_);
    oldest.drop();
  }
  context.refused.reserve(context.settings.answers_max);
  auto* refused = new HttpConnection(context, std::move(arrival));
  context.refused.push_back(refused);
  context.roster.enter(*refused);
}

void HttpConnection::let_go() {
  std::erase(context_.refused, this);
  delete this;
}

HttpConnection::HttpConnection(LoopContext& context, guard::Arrival arrival)
    : Resident(Kind::http),
      context_(context),
      peer_(arrival.peer),
      verdict_(arrival.verdict),
      ticket_(std::move(arrival.ticket)),
      door_(arrival.door),
      scanner_(head_limits(context.limits())),
      socket_(new net::Socket(context.loop, std::move(arrival.fd), *this)) {
  if (context.settings.tls && door_ == guard::Door::served) {
    phase_ = Phase::securing;
    socket_->secure(context.settings.tls->accept());
  }
  arm(phase_ == Phase::securing ? context.limits().tls_handshake_time : context.limits().head_time);
}

// --- TLS ---

void HttpConnection::on_secured() {
  phase_ = Phase::reading_head;
  arm(context_.limits().head_time);
}

void HttpConnection::on_plaintext() {
  in_turn([this] {
    reject(guard::Rejection::bad_request, 400,
           "This port speaks TLS: write https:// or wss:// in place of http:// or ws://", {});
  });
}

// --- the request ---

void HttpConnection::on_receive(base::MutableBytes bytes) {
  context_.roster.run(*this, [&] { receive(bytes); });
}

void HttpConnection::receive(base::MutableBytes bytes) {
  switch (phase_) {
    case Phase::securing:
      return;
    case Phase::reading_head:
      return read_head(bytes);
    case Phase::waiting:
      hold(bytes);
      return;
    case Phase::answered:
      return;
  }
}

// The usual head comes whole and is read where it lies; one in pieces is gathered first.
void HttpConnection::read_head(base::MutableBytes bytes) {
  // Whatever it says: a proxy that was forgotten in the list sends its header, which is no head.
  if (verdict_ == guard::Admission::Verdict::no_proxy) return reject(guard::refusal_of(verdict_));
  if (!held_.empty()) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    bytes = held_;
  }
  const auto scanned = scanner_.scan(bytes);
  if (!scanned) {
    const auto& refusal = scanned.error();
    return reject(rejection_for(refusal.status), refusal.status, refusal.reason, {});
  }
  if (!*scanned) {
    if (held_.empty()) held_.assign(bytes.begin(), bytes.end());
    return;
  }
  const std::vector<std::byte> gathered = std::move(held_);  // what `bytes` may show
  held_.clear();
  const std::size_t size = **scanned;
  handle_head(base::as_text(bytes.first(size)), bytes.subspan(size));
}

void HttpConnection::handle_head(std::string_view text, base::MutableBytes rest) {
  const auto head = proto::parse_request_head(text, head_limits(context_.limits()));
  if (!head) {
    const auto& refusal = head.error();
    return reject(rejection_for(refusal.status), refusal.status, refusal.reason, {});
  }
  if (door_ == guard::Door::metrics)
    return serve_page(*head, context_.settings.routes.metrics_page(head->path));
  name_client(*head);
  Endpoint* endpoint = context_.settings.routes.endpoint(head->path);
  if (verdict_ != guard::Admission::Verdict::admitted) {
    const guard::Refusal refusal = guard::refusal_of(verdict_);
    if (endpoint || !refusal.sees_pages) return reject(refusal);
  }
  if (!endpoint) return serve_page(*head, context_.settings.routes.page(head->path));
  UpgradeHost& host = *this;
  upgrade_ = std::make_unique<Upgrade>(context_, host, *endpoint);
  upgrade_->begin(*head, rest);  // `this` may be gone
}

// From here on the peer is the client, whose connections are counted.
void HttpConnection::name_client(const proto::RequestHead& head) {
  const guard::Proxies& proxies = context_.settings.proxies;
  if (!proxies.forwards(peer_)) return;
  is_forwarded_ = true;
  peer_ = proxies.client(head.all("x-forwarded-for"), peer_);
  if (verdict_ == guard::Admission::Verdict::admitted)
    verdict_ = context_.registries.admission.count_for(guard::counted_as(peer_),
                                                       context_.loop.now_ms(), ticket_);
}

bool HttpConnection::came_by_tls(const proto::RequestHead& head) const {
  if (context_.settings.tls) return true;
  return is_forwarded_ && head.lists("x-forwarded-proto", "https");
}

void HttpConnection::serve_page(const proto::RequestHead& head, const Page* page) {
  if (head.body.form == proto::BodyLength::Form::chunked)
    return reject(guard::Rejection::bad_request, 400, "Transfer-Encoding", {});
  // What HAProxy's `option httpchk` asks: whether the server answers at all.
  const bool asks_options = head.method == "OPTIONS" && (page || head.path == "*");
  if (asks_options) return answer(proto::page_response("Allow: GET, HEAD, OPTIONS\r\n", {}, false));
  if (!page) {
    context_.counts.rejections.add(guard::Rejection::not_found, net::to_string(peer_),
                                   head.path.substr(0, kPathBytesLogged));
    return answer(proto::refusal_response(404, {}, "no such path"));
  }
  if (head.method != "GET" && head.method != "HEAD")
    return reject(guard::Rejection::bad_request, 405, "method", "Allow: GET, HEAD, OPTIONS\r\n");
  std::string fields = "Content-Type: " + page->content_type + "\r\n";
  fields +=
      "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: "
      "no-referrer\r\n";
  fields += page->fields;
  if (page->good && !page->good()) return answer(proto::refusal_response(503, {}, page->body()));
  answer(proto::page_response(fields, page->body(), head.method == "HEAD"));
}

// --- what an upgrade needs ---

bool HttpConnection::wait(base::Bytes early) {
  if (phase_ != Phase::waiting) {
    phase_ = Phase::waiting;
    arm(context_.limits().auth_time);
  }
  return hold(early);
}

// Keeps early frames.
// returns: false if they are too many, which ends the connection.
bool HttpConnection::hold(base::Bytes bytes) {
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  if (held_.size() <= context_.limits().auth_bytes_max) return true;
  reject(guard::Rejection::auth_flood, 503, "frames before the handshake's answer", {});
  return false;
}

void HttpConnection::later(std::function<void()> task) {
  alive_ = std::make_shared<bool>(true);
  context_.loop.post([this, alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
    if (!alive.expired()) in_turn(task);
  });
}

// --- the end ---

void HttpConnection::on_end(net::EndReason reason) {
  context_.roster.run(*this, [&] {
    // A stream that only ends, as a probe's, is nobody's fault.
    if (reason == net::EndReason::tls_failed)
      context_.counts.rejections.add(guard::Rejection::tls_failed, net::to_string(peer_),
                                     socket_->tls_failure());
    leave();
  });
}

void HttpConnection::on_deadline(std::uint64_t) {
  context_.roster.run(*this, [this] { pass_deadline(); });
}

void HttpConnection::pass_deadline() {
  switch (phase_) {
    case Phase::securing:
      context_.counts.rejections.add(guard::Rejection::tls_timeout, net::to_string(peer_),
                                     "no TLS handshake in time");
      return leave();
    case Phase::reading_head:
      return reject(guard::Rejection::head_timeout, 408, "no request in time", {});
    case Phase::waiting:
      return upgrade_->give_up();
    case Phase::answered:
      return leave();
  }
}

void HttpConnection::arm(std::chrono::milliseconds limit) {
  context_.loop.wheel().arm(*this, context_.in_ms(limit));
}

// --- answers ---

void HttpConnection::reject(guard::Rejection why, unsigned status, std::string_view detail,
                            std::string_view fields) {
  context_.counts.rejections.add(why, net::to_string(peer_), detail);
  answer(proto::refusal_response(status, fields, detail));
}

void HttpConnection::reject(const guard::Refusal& refusal) {
  reject(refusal.why, refusal.status, refusal.detail, refusal.fields);
}

// One answer, then the end: FIN follows it, and whatever still comes is dropped, so that no RST
// overtakes the answer.
void HttpConnection::answer(std::string_view bytes) {
  phase_ = Phase::answered;
  held_ = std::vector<std::byte>();
  socket_->send(SharedBuffer::copy(base::as_bytes(bytes)));
  socket_->finish();
  arm(context_.limits().closing_time);
}

}  // namespace microframe::ws
