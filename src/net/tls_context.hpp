// TlsContext: what the TLS sessions of one configuration share, read once and then immutable:
// certificates and keys, whom to trust, the keys of session tickets. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "microframe/tls.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace microframe::net {

class TlsCertificate;
class TlsSession;

// How a client judges the server's certificate, and which it shows itself.
struct TlsTrust {
  TlsTrust() = default;

  std::string ca_file;           // PEM: the authorities to trust; "": those of the system
  bool insecure = false;         // takes any certificate: for trying things out
  std::string certificate_file;  // PEM, the client's own; "": it shows none
  std::string key_file;          // PEM, of that certificate
};

class TlsContext : public std::enable_shared_from_this<TlsContext> {
 public:
  // For a server.
  // before: the context that this one replaces; sessions that began there can be resumed here.
  // errors: ConfigError that says what is wrong with which file.
  static std::shared_ptr<const TlsContext> server(const TlsOptions& options,
                                                  const TlsContext* before = nullptr);
  // For clients.
  // errors: ConfigError if the CA file, or the client's own certificate, cannot be used.
  static std::shared_ptr<const TlsContext> client(const TlsTrust& trust);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A session for an accepted stream.
  std::unique_ptr<TlsSession> accept() const;
  // A session for a stream to `host`, a name or an IP address: the server's certificate must be for
  // that host.
  std::unique_ptr<TlsSession> connect(const std::string& host) const;

 private:
  // A certificate and the OpenSSL context that shows it.
  struct Identity;

  TlsContext();

  static int choose_identity(ssl_st* session, int* alert, void* self);
  void add_server(const TlsOptions::Pair& files, const TlsOptions& options);
  void take_ticket_keys(const TlsContext& before);

  std::vector<Identity> identities_;  // of a server; the first is the default
  ssl_ctx_st* context_ = nullptr;     // of a client; or the first identity's
};

}  // namespace microframe::net
