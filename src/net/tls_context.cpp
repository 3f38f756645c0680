#include "net/tls_context.hpp"

#include <openssl/x509v3.h>

#include <array>
#include <new>
#include <utility>

#include "microframe/config_error.hpp"
#include "net/openssl.hpp"
#include "net/tls_certificate.hpp"
#include "net/tls_session.hpp"

namespace microframe::net {
namespace {

using OwnedContext = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;
using OwnedSsl = std::unique_ptr<SSL, FreeWith<&SSL_free>>;

// Forward secret and authenticated; TLS 1.3 has no others.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// RFC 7301 §3.1: length and name.
constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

OwnedContext make_context(const SSL_METHOD* method, TlsVersion oldest) {
  OwnedContext context(SSL_CTX_new(method));
  if (!context) throw std::bad_alloc();
  const int version = oldest == TlsVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context.get(), version) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
    throw ConfigError("this OpenSSL cannot speak TLS as it should: " + openssl_error());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A write takes what fits a record, and may be repeated from another place; idle sessions hold no
  // buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one receive for many records, not two for each
  return context;
}

// RFC 7301 §3.2: a client that offers only protocols which we do not speak is told so, and refused.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, kHttp11, sizeof kHttp11, offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A session is only resumed where the same authorities vouch for clients
// (SSL_CTX_set_session_id_context).
void bind_sessions(SSL_CTX* context, const std::string& authorities) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(authorities.data()), authorities.size(),
         digest.data());
  static_assert(SHA256_DIGEST_LENGTH <= SSL_MAX_SID_CTX_LENGTH);
  SSL_CTX_set_session_id_context(context, digest.data(), digest.size());
}

void trust_file(SSL_CTX* context, const std::string& file) {
  read_file(file);  // throws, with the reason, if the file cannot be read
  if (SSL_CTX_load_verify_file(context, file.c_str()) == 1) return;
  ERR_clear_error();
  throw ConfigError(
      file + " holds no certificates in PEM: it should be those of the authorities to trust");
}

void ask_clients(SSL_CTX* context, const TlsOptions& options) {
  if (options.client_certificates() == ClientCertificates::none) return bind_sessions(context, {});
  const std::string& file = options.client_ca_file();
  trust_file(context, file);
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));
  const bool require = options.client_certificates() == ClientCertificates::require;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  bind_sessions(context, read_file(file));
}

bool is_ip_address(const std::string& host) {
  const std::unique_ptr<ASN1_OCTET_STRING, FreeWith<&ASN1_OCTET_STRING_free>> address(
      a2i_IPADDRESS(host.c_str()));
  ERR_clear_error();
  return address != nullptr;
}

// Gives `ssl` away only once there is a session to own it: there may be no memory for one.
std::unique_ptr<TlsSession> make_session(std::shared_ptr<const TlsContext> context, OwnedSsl ssl,
                                         TlsSession::Role role) {
  auto session = std::make_unique<TlsSession>(std::move(context), ssl.get(), role);
  [[maybe_unused]] const SSL* given = ssl.release();
  return session;
}

}  // namespace

struct TlsContext::Identity {
  TlsCertificate certificate;
  OwnedContext context;
};

TlsContext::TlsContext() = default;

TlsContext::~TlsContext() {
  if (identities_.empty()) SSL_CTX_free(context_);
}

std::shared_ptr<const TlsContext> TlsContext::server(const TlsOptions& options,
                                                     const TlsContext* before) {
  const std::shared_ptr<TlsContext> made(new TlsContext);
  for (const TlsOptions::Pair& files : options.pairs()) made->add_server(files, options);
  made->context_ = made->identities_.front().context.get();
  if (before) made->take_ticket_keys(*before);
  return made;
}

void TlsContext::add_server(const TlsOptions::Pair& files, const TlsOptions& options) {
  Identity identity{TlsCertificate(files),
                    make_context(TLS_server_method(), options.min_version())};
  SSL_CTX* context = identity.context.get();
  identity.certificate.use_in(context);
  ask_clients(context, options);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Tickets (RFC 5077, RFC 8446 §2.2) leave a session's state with its client; here they would cost
  // memory.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // The macros SSL_CTX_set_tlsext_servername_callback and _arg, without their C casts.
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&TlsContext::choose_identity));
  SSL_CTX_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, this);
  identities_.push_back(std::move(identity));
}

int TlsContext::choose_identity(ssl_st* session, int*, void* self) try {
  const char* shown = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (!shown) return SSL_TLSEXT_ERR_NOACK;
  const std::string name(shown);
  using Match = TlsCertificate::Match;
  for (const Match match : {Match::exact, Match::wildcard_too}) {
    for (const Identity& identity : static_cast<const TlsContext*>(self)->identities_) {
      if (!identity.certificate.is_for(name, match)) continue;
      SSL_set_SSL_CTX(session, identity.context.get());
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;     // RFC 6066 §3: go on with the default; the client judges
} catch (const std::bad_alloc&) {  // OpenSSL is C: nothing may fly through it
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// OpenSSL takes this from the session's first context, whichever identity is shown.
void TlsContext::take_ticket_keys(const TlsContext& before) {
  std::array<unsigned char, 128> keys;
  const long size = SSL_CTX_get_tlsext_ticket_keys(before.context_, nullptr, 0);
  if (size <= 0 || static_cast<std::size_t>(size) > keys.size()) return;
  if (SSL_CTX_get_tlsext_ticket_keys(before.context_, keys.data(), size) == 1)
    SSL_CTX_set_tlsext_ticket_keys(context_, keys.data(), size);
  OPENSSL_cleanse(keys.data(), keys.size());
}

std::shared_ptr<const TlsContext> TlsContext::client(const TlsTrust& trust) {
  const std::shared_ptr<TlsContext> made(new TlsContext);
  OwnedContext context = make_context(TLS_client_method(), TlsVersion::tls12);
  if (!trust.insecure) {
    if (trust.ca_file.empty()) {
      SSL_CTX_set_default_verify_paths(context.get());
    } else {
      trust_file(context.get(), trust.ca_file);
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  if (!trust.certificate_file.empty())
    TlsCertificate({trust.certificate_file, trust.key_file}).use_in(context.get());
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11);
  made->context_ = context.release();
  return made;
}

std::unique_ptr<TlsSession> TlsContext::accept() const {
  OwnedSsl ssl(SSL_new(context_));
  return make_session(shared_from_this(), std::move(ssl), TlsSession::Role::server);
}

std::unique_ptr<TlsSession> TlsContext::connect(const std::string& host) const {
  OwnedSsl ssl(SSL_new(context_));
  if (ssl && is_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else if (ssl) {
    // RFC 6066 §3: a name without the dot at its end, and never an address.
    std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl.get(), name.c_str()) != 1 ||
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) !=
            1) {
      ssl.reset();
    }
  }
  return make_session(shared_from_this(), std::move(ssl), TlsSession::Role::client);
}

}  // namespace microframe::net
