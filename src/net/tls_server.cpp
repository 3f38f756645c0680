#include "net/tls_server.hpp"

#include <utility>

#include "net/tls_context.hpp"
#include "net/tls_session.hpp"

namespace microframe::net {

TlsServer::TlsServer(TlsOptions options)
    : options_(std::move(options)), context_(TlsContext::server(options_)) {}

TlsServer::~TlsServer() = default;

std::shared_ptr<const TlsContext> TlsServer::current() const {
  const base::Lock lock(mutex_);
  return context_;
}

std::unique_ptr<TlsSession> TlsServer::accept() const {
  return current()->accept();
}

void TlsServer::reload() {
  const base::Lock one(reloading_);
  auto next = TlsContext::server(options_, current().get());
  const base::Lock lock(mutex_);
  context_.swap(next);
}

}  // namespace microframe::net
