#include "ws/proxy_session.hpp"

#include <new>
#include <utility>

#include "base/to_ms.hpp"
#include "proto/proxy_header.hpp"
#include "ws/loop_server.hpp"
#include "ws/site.hpp"

namespace microframe::ws {

ProxySession::ProxySession(LoopServer& server, guard::Arrival arrival)
    : server_(server),
      arrival_(std::move(arrival)),
      preface_(server.loop(), std::move(arrival_.fd), *this) {
  const auto limit = server.site().limits.head_time;
  server.loop().wheel().arm(*this, server.loop().now_ms() + base::to_ms(limit));
}

template <class Action>
void ProxySession::guarded(Action&& action) {
  try {
    action();
  } catch (const std::bad_alloc&) {  // never once it has been forgotten
    server_.forget(*this);
  }
}

void ProxySession::on_preface(base::Bytes so_far) {
  guarded([&] { read(so_far); });
}

void ProxySession::read(base::Bytes so_far) {
  const auto parsed = proto::parse_proxy_header(so_far);
  if (!parsed) return drop(guard::Rejection::proxy_header, parsed.error());
  const std::optional<proto::ProxyHeader>& header = *parsed;
  if (!header) return;
  guard::Arrival arrival = std::move(arrival_);
  arrival.fd = preface_.release(header->size);
  if (header->source)
    arrival.peer = net::PeerAddress(header->source->address, header->source->port);
  LoopServer& server = server_;
  server.forget(*this);  // `this` is gone
  server.identify(std::move(arrival));
}

// A proxy that only looks whether the server listens says nothing.
void ProxySession::on_preface_end(bool empty) {
  if (empty) return server_.forget(*this);
  guarded(
      [this] { drop(guard::Rejection::proxy_header, "the stream ended within the PROXY header"); });
}

void ProxySession::on_deadline(std::uint64_t) {
  guarded([this] { drop(guard::Rejection::proxy_timeout, "no PROXY header in time"); });
}

// Without an answer: whoever sends no header may not speak HTTP either.
void ProxySession::drop(guard::Rejection why, std::string_view detail) {
  server_.site().reject(why, net::to_string(arrival_.peer), detail);
  server_.forget(*this);
}

}  // namespace microframe::ws
