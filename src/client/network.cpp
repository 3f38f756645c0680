#include "client/network.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "client/clamped_ms.hpp"

namespace microframe::client {
namespace {

constexpr std::size_t kFragmentsMin = 65'536;

Connection::Options common_options(const ClientOptions& options,
                                   std::shared_ptr<const net::TlsContext> tls) {
  Connection::Options result;
  result.limits.message_bytes_max = options.message_bytes_max;
  // An empty fragment costs the memory of none; what there is to bound is the message.
  result.limits.fragments_max =
      options.fragments_max.value_or(std::max(options.message_bytes_max, kFragmentsMin));
  result.open_ms = clamped_ms(options.connect_time);
  // With microframe.v1 the session asks a silent server itself, by a frame of the protocol.
  if (!options.plain) result.heartbeat = {};
  if (options.compression.enabled) result.compression = options.compression;
  result.tls = std::move(tls);
  return result;
}

}  // namespace

Network::Network(Thread& thread, Url url, const ClientOptions& options,
                 std::shared_ptr<const net::TlsContext> tls)
    : loop_(thread.loop()),
      workers_(thread.workers()),
      url_(std::move(url)),
      common_(common_options(options, std::move(tls))) {}

void Network::work(std::function<void()> job, std::function<void()> done) {
  workers_.run(std::move(job), std::move(done));
}

std::unique_ptr<Link> Network::open(v1::OpenConnection wanted, Link::Events& events) {
  Connection::Options options = common_;
  options.token = std::move(wanted.token);
  options.subprotocols = std::move(wanted.subprotocols);
  return std::make_unique<Connection>(loop_, url_, std::move(options), events);
}

}  // namespace microframe::client
