#include "ws/http_connection.hpp"

#include <string>
#include <utility>

#include "net/tls_session.hpp"
#include "proto/handshake.hpp"
#include "ws/endpoint.hpp"
#include "ws/http_table.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;

// Of a path that nothing is behind, in the log: shorter than any token that might have strayed
// there.
constexpr std::size_t kPathBytesLogged = 64;
// So many requests that have come at once are answered before others have their turn.
constexpr std::size_t kRequestsPerTurn = 16;
// While so much waits for the peer to take it, no further request is answered.
constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024;

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
      client_(arrival.peer),
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
    case Phase::answered:
    case Phase::abandoned:
      return;
    case Phase::waiting:
      hold(bytes);
      return;
    case Phase::reading_head:
    case Phase::exchanging:
    case Phase::idle:
      return read(bytes);
  }
}

// Goes on with what has come, and was held before it. The usual request comes whole and is read where
// it lies; one in pieces is gathered first. `this` may be gone after.
void HttpConnection::read(base::MutableBytes bytes) {
  std::vector<std::byte> gathered;  // what `bytes` may show
  if (!held_.empty()) {
    gathered = std::exchange(held_, {});
    gathered.insert(gathered.end(), bytes.begin(), bytes.end());
    bytes = gathered;
  }
  Step step = Step::taken;
  for (std::size_t requests = 0; step == Step::taken && !bytes.empty();) {
    if (phase_ == Phase::exchanging && exchange_->is_reading()) {
      bytes = bytes.subspan(exchange_->read(base::as_text(bytes)));
    } else if (phase_ == Phase::reading_head || phase_ == Phase::idle) {
      step = has_turn(requests++) ? read_head(bytes) : Step::waits;
    } else {
      step = Step::waits;
    }
  }
  if (step != Step::upgrade) keep(bytes, std::move(gathered));
}

// Whether one more request may be answered now. If not, read_on() is called when it may.
bool HttpConnection::has_turn(std::size_t requests) {
  if (requests >= kRequestsPerTurn) {
    socket_->pause_reading();
    if (!alive_) alive_ = std::make_shared<bool>(true);
    context_.loop.post_next([this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) in_turn([this] { read_on(); });
    });
    return false;
  }
  if (socket_->buffered() <= kAnswerBytesMax) return true;
  socket_->offer();
  if (socket_->buffered() <= kAnswerBytesMax) return true;
  socket_->pause_reading();
  return false;
}

void HttpConnection::keep(base::MutableBytes bytes, std::vector<std::byte> gathered) {
  if (phase_ == Phase::answered || bytes.empty()) return;
  if (gathered.empty()) {
    held_.assign(bytes.begin(), bytes.end());
  } else {
    gathered.erase(gathered.begin(), gathered.end() - static_cast<std::ptrdiff_t>(bytes.size()));
    held_ = std::move(gathered);
  }
  // Requests that come while one is handled wait in the kernel.
  if (phase_ == Phase::exchanging && held_.size() > context_.limits().head_bytes_max)
    socket_->pause_reading();
}

void HttpConnection::read_on() {
  if (phase_ == Phase::abandoned) return leave();
  if (phase_ == Phase::answered) return;
  if (!socket_->is_reading()) socket_->resume_reading();
  if (!held_.empty()) read({});
}

// What has been scanned of the bytes is not scanned again when more has come.
HttpConnection::Step HttpConnection::read_head(base::MutableBytes& bytes) {
  // Whatever it says: a proxy that was forgotten in the list sends its header, which is no head.
  if (verdict_ == guard::Admission::Verdict::no_proxy) {
    reject(guard::refusal_of(verdict_));
    return Step::waits;
  }
  const auto scanned = scanner_.scan(bytes);
  if (!scanned) {
    const auto& refusal = scanned.error();
    reject(rejection_for(refusal.status), refusal.status, refusal.reason, {});
    return Step::waits;
  }
  if (!*scanned) {
    if (phase_ == Phase::idle) begin_head();
    return Step::waits;
  }
  const std::size_t size = **scanned;
  const base::MutableBytes head = bytes.first(size);
  bytes = bytes.subspan(size);
  scanner_.reset();
  return handle_head(base::as_text(head), bytes);
}

void HttpConnection::begin_head() {
  phase_ = Phase::reading_head;
  arm(context_.limits().head_time);
}

HttpConnection::Step HttpConnection::handle_head(std::string_view text, base::MutableBytes rest) {
  const auto head = proto::parse_request_head(text, head_limits(context_.limits()));
  if (!head) {
    const auto& refusal = head.error();
    reject(rejection_for(refusal.status), refusal.status, refusal.reason, {});
    return Step::waits;
  }
  if (door_ == guard::Door::served) {
    name_client(*head);
    if (std::exchange(is_kept_, true)) count_request();
    Endpoint* const endpoint = context_.settings.routes.endpoint(head->path);
    if (verdict_ != guard::Admission::Verdict::admitted) {
      const guard::Refusal refusal = guard::refusal_of(verdict_);
      const bool is_handled = context_.settings.routes.served.handles(head->path);
      if (endpoint || is_handled || !refusal.sees_pages) {
        reject(refusal);
        return Step::waits;
      }
    }
    if (endpoint) return upgrade(*head, *endpoint, rest);
  }
  serve(*head, text);
  return Step::taken;
}

HttpConnection::Step HttpConnection::upgrade(const proto::RequestHead& head, Endpoint& endpoint,
                                             base::MutableBytes rest) {
  // A stream that goes elsewhere takes no answers along.
  if (socket_->buffered() != 0) socket_->offer();
  if (socket_->buffered() != 0) {
    reject(guard::Rejection::bad_request, 400, "a handshake behind an answer that is not read", {});
    return Step::waits;
  }
  UpgradeHost& host = *this;
  upgrade_ = std::make_unique<Upgrade>(context_, host, endpoint);
  phase_ = Phase::reading_head;
  upgrade_->begin(head, rest);  // `this` may be gone
  return Step::upgrade;
}

// From here on the client is known, whose connections are counted. A proxy may send the requests of
// several by one connection.
void HttpConnection::name_client(const proto::RequestHead& head) {
  const guard::Proxies& proxies = context_.settings.proxies;
  if (!proxies.forwards(peer_)) return;
  is_forwarded_ = true;
  client_ = proxies.client(head.all("x-forwarded-for"), peer_);
  if (verdict_ != guard::Admission::Verdict::admitted) return;
  ticket_.uncount();
  verdict_ = context_.registries.admission.count_for(guard::counted_as(client_),
                                                     context_.loop.now_ms(), ticket_);
}

// A forwarded one has been counted as its client has.
void HttpConnection::count_request() {
  if (is_forwarded_ || context_.limits().handshakes_per_address_per_second <= 0) return;
  if (!context_.registries.admission.admits_request(guard::counted_as(peer_),
                                                    context_.loop.now_ms()))
    verdict_ = guard::Admission::Verdict::address_too_fast;
}

bool HttpConnection::came_by_tls(const proto::RequestHead& head) const {
  if (context_.settings.tls) return door_ == guard::Door::served;
  return is_forwarded_ && head.lists("x-forwarded-proto", "https");
}

void HttpConnection::serve(const proto::RequestHead& head, std::string_view text) {
  const HttpTable& table = context_.settings.routes.table(door_);
  if (!table.router.empty()) {
    auto found = table.router.find(head.method, head.path);
    if (found.kind != http::Router::Found::Kind::no_path)
      return serve_route(head, text, std::move(found));
  }
  serve_page(head, table.page(head.path));
}

void HttpConnection::serve_route(const proto::RequestHead& head, std::string_view text,
                                 http::Router::Found found) {
  using Found = http::Router::Found;
  const HttpTable& table = context_.settings.routes.table(door_);
  if (found.kind == Found::Kind::bad_path)
    return reject(guard::Rejection::bad_request, 400, "path", {});
  if (found.kind == Found::Kind::no_method) {
    const std::string allow = "Allow: " + table.router.allowed(head.path) + "\r\n";
    if (head.method == "OPTIONS") return answer(proto::page_response(allow, {}, false));
    return reject(guard::Rejection::bad_request, 405, "method", allow);
  }
  if (!exchange_) {
    HttpExchangeHost& host = *this;
    exchange_ = std::make_unique<HttpExchange>(context_, host);
  }
  phase_ = Phase::exchanging;
  exchange_->begin(
      {head, text, table.routes[found.route], std::move(found.parameters), came_by_tls(head)});
}

void HttpConnection::serve_page(const proto::RequestHead& head, const Page* page) {
  if (head.body.form == proto::BodyLength::Form::chunked)
    return reject(guard::Rejection::bad_request, 400, "Transfer-Encoding", {});
  // What HAProxy's `option httpchk` asks: whether the server answers at all.
  const bool asks_options = head.method == "OPTIONS" && (page || head.path == "*");
  if (asks_options) return answer(proto::page_response("Allow: GET, HEAD, OPTIONS\r\n", {}, false));
  if (!page) {
    context_.counts.rejections.add(guard::Rejection::not_found, net::to_string(client_),
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
  if (!alive_) alive_ = std::make_shared<bool>(true);
  context_.loop.post([this, alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
    if (!alive.expired()) in_turn(task);
  });
}

// --- the end ---

// A request that is under way is answered first; the end of the drain drops what takes too long.
bool HttpConnection::shut_down() {
  const bool is_answered = phase_ == Phase::answered || phase_ == Phase::idle;
  if (phase_ == Phase::exchanging || phase_ == Phase::abandoned) return false;
  if (!is_answered || socket_->buffered() == 0) {
    drop();
  } else if (phase_ == Phase::idle) {
    end_behind_answers();
  }
  return false;
}

void HttpConnection::on_end(net::EndReason reason) {
  context_.roster.run(*this, [&] {
    // What a handler has begun is not broken off.
    if (phase_ == Phase::exchanging && exchange_->is_handling()) {
      phase_ = Phase::abandoned;
      socket_.reset();
      return;
    }
    // A stream that only ends, as a probe's, is nobody's fault.
    if (reason == net::EndReason::tls_failed)
      context_.counts.rejections.add(guard::Rejection::tls_failed, net::to_string(client_),
                                     socket_->tls_failure());
    leave();
  });
}

void HttpConnection::on_blocked() {
  if (phase_ == Phase::idle) arm(context_.limits().outbox_time);
}

void HttpConnection::on_drained() {
  context_.roster.run(*this, [this] {
    if (phase_ == Phase::idle) arm(context_.limits().idle_time);
    if (phase_ == Phase::idle || phase_ == Phase::reading_head) read_on();
  });
}

void HttpConnection::on_deadline(std::uint64_t) {
  context_.roster.run(*this, [this] { pass_deadline(); });
}

void HttpConnection::pass_deadline() {
  switch (phase_) {
    case Phase::securing:
      context_.counts.rejections.add(guard::Rejection::tls_timeout, net::to_string(client_),
                                     "no TLS handshake in time");
      return leave();
    case Phase::reading_head:
      return reject(guard::Rejection::head_timeout, 408, "no request in time", {});
    case Phase::waiting:
      return upgrade_->give_up();
    case Phase::exchanging:
      return exchange_->pass_deadline();
    case Phase::idle:
    case Phase::answered:
      if (!takes_its_time()) leave();
      return;
    case Phase::abandoned:
      return;
  }
}

// Whether the peer still takes its answers, however slowly.
bool HttpConnection::takes_its_time() {
  if (socket_->buffered() == 0 || socket_->blocked_since_ms() == 0) return false;
  const std::uint64_t too_late_ms =
      socket_->blocked_since_ms() + base::to_ms(context_.limits().outbox_time);
  if (context_.loop.now_ms() < too_late_ms) {
    context_.loop.wheel().arm(*this, too_late_ms);
    return true;
  }
  context_.counts.rejections.add(guard::Rejection::too_slow, net::to_string(client_),
                                 "does not read its answer");
  return false;
}

void HttpConnection::arm(std::chrono::milliseconds limit) {
  context_.loop.wheel().arm(*this, context_.in_ms(limit));
}

// --- answers ---

void HttpConnection::reject(guard::Rejection why, unsigned status, std::string_view detail,
                            std::string_view fields) {
  context_.counts.rejections.add(why, net::to_string(client_), detail);
  answer(proto::refusal_response(status, fields, detail));
}

void HttpConnection::reject(const guard::Refusal& refusal) {
  reject(refusal.why, refusal.status, refusal.detail, refusal.fields);
}

void HttpConnection::answer(std::string_view bytes) {
  socket_->send(SharedBuffer::copy(base::as_bytes(bytes)));
  end_behind_answers();
}

void HttpConnection::send_interim(std::string_view bytes) {
  socket_->send(SharedBuffer::copy(base::as_bytes(bytes)));
}

void HttpConnection::send_answer(SharedBuffer bytes, bool keep_alive) {
  if (phase_ == Phase::abandoned) return;
  socket_->send(std::move(bytes));
  if (!keep_alive) return end_behind_answers();
  phase_ = Phase::idle;
  arm(context_.limits().idle_time);
}

// The last answer, then the end: FIN follows it, and whatever still comes is dropped, so that no RST
// overtakes the answer.
void HttpConnection::end_behind_answers() {
  phase_ = Phase::answered;
  held_ = std::vector<std::byte>();
  if (!socket_->is_reading()) socket_->resume_reading();
  socket_->finish();
  arm(context_.limits().closing_time);
}

}  // namespace microframe::ws
