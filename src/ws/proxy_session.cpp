#include "ws/proxy_session.hpp"

#include <new>
#include <optional>
#include <utility>

#include "proto/proxy_header.hpp"
#include "ws/http_connection.hpp"

namespace microframe::ws {
namespace {

// The peer is the client now, or a proxy that names it in the request. What counts for an address
// waits until it is the client's.
void begin_http(LoopContext& context, guard::Arrival arrival) {
  const bool admitted = arrival.verdict == guard::Admission::Verdict::admitted;
  if (admitted && !context.settings.proxies.forwards(arrival.peer))
    arrival.verdict = context.registries.admission.count_for(guard::counted_as(arrival.peer),
                                                             context.loop.now_ms(), arrival.ticket);
  HttpConnection::begin(context, std::move(arrival));
}

}  // namespace

void ProxySession::take_in(LoopContext& context, guard::Arrival arrival) {
  const guard::Proxies& proxies = context.settings.proxies;
  if (!proxies.expects_header()) return begin_http(context, std::move(arrival));
  if (proxies.trusts(arrival.peer))
    return context.roster.enter(*new ProxySession(context, std::move(arrival)));
  arrival.verdict = guard::Admission::Verdict::no_proxy;
  HttpConnection::begin(context, std::move(arrival));
}

ProxySession::ProxySession(LoopContext& context, guard::Arrival arrival)
    : Resident(Kind::proxy),
      context_(context),
      arrival_(std::move(arrival)),
      preface_(context.loop, std::move(arrival_.fd), *this) {
  context.loop.wheel().arm(*this, context.in_ms(context.limits().head_time));
}

void ProxySession::on_preface(base::Bytes so_far) {
  context_.roster.run(*this, [&] { read(so_far); });
}

void ProxySession::read(base::Bytes so_far) {
  const auto parsed = proto::parse_proxy_header(so_far);
  if (!parsed) return refuse(guard::Rejection::proxy_header, parsed.error());
  const std::optional<proto::ProxyHeader>& header = *parsed;
  if (!header) return;
  guard::Arrival arrival = std::move(arrival_);
  arrival.fd = preface_.release(header->size);
  if (header->source)
    arrival.peer = net::PeerAddress(header->source->address, header->source->port);
  LoopContext& context = context_;
  context.roster.leave(*this);  // `this` is gone
  try {
    begin_http(context, std::move(arrival));
  } catch (const std::bad_alloc&) {  // its descriptor is closed
  }
}

// A proxy that only looks whether the server listens says nothing.
void ProxySession::on_preface_end(bool empty) {
  if (empty) return drop();
  context_.roster.run(*this, [this] {
    refuse(guard::Rejection::proxy_header, "the stream ended within the PROXY header");
  });
}

void ProxySession::on_deadline(std::uint64_t) {
  context_.roster.run(
      *this, [this] { refuse(guard::Rejection::proxy_timeout, "no PROXY header in time"); });
}

// Without an answer: whoever sends no header may not speak HTTP either.
void ProxySession::refuse(guard::Rejection why, std::string_view detail) {
  context_.counts.rejections.add(why, net::to_string(arrival_.peer), detail);
  drop();
}

}  // namespace microframe::ws
