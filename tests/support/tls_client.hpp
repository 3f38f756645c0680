// TlsClient: OpenSSL's own client on a blocking socket. Every wait ends after ten seconds. It
// trusts nobody and shows what it was shown.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "support/certificates.hpp"
#include "support/raw_client.hpp"

namespace test {

struct TlsClientOptions {
  int version = TLS1_3_VERSION;  // and no other
  std::string name = {};         // SNI; "" for none
  std::string protocols = {};    // ALPN, as on the wire
  const Certificate* certificate = nullptr;
  SSL_SESSION* resume = nullptr;  // borrowed
};

class TlsClient : public RawClient {
 public:
  // A client that has not shaken hands.
  TlsClient(RawClient&& stream, const TlsClientOptions& options)
      : RawClient(std::move(stream)), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), options.version);
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    SSL_CTX_set_session_cache_mode(context_.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), keep_session);
    if (options.certificate) {
      SSL_CTX_use_certificate(context_.get(), options.certificate->x509());
      SSL_CTX_use_PrivateKey(context_.get(), options.certificate->key());
    }
    ssl_ = {SSL_new(context_.get()), &let_go};
    SSL_set_ex_data(ssl(), 0, state_.get());
    std::string name = options.name;
    if (!name.empty())
      SSL_ctrl(ssl(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    const auto* protocols = reinterpret_cast<const unsigned char*>(options.protocols.data());
    if (!options.protocols.empty())
      SSL_set_alpn_protos(ssl(), protocols, static_cast<unsigned>(options.protocols.size()));
    if (options.resume) SSL_set_session(ssl(), options.resume);
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl());
  }
  TlsClient(TlsClient&&) noexcept = default;

  // returns: whether it went well, on this side: with TLS 1.3 a server may refuse what it was shown
  // later.
  bool shake_hands() {
    return exchange("a handshake", [&] { return SSL_do_handshake(ssl()); }) == 1;
  }
  // Goes on with what OpenSSL has to say after the handshake: new keys.
  // returns: whether it could.
  bool go_on() { return shake_hands(); }
  // The records of `text`, which the caller sends.
  std::string sealed(std::string_view text) {
    SSL_write(ssl(), text.data(), static_cast<int>(text.size()));
    return take_output();
  }
  // Sends so many bytes of records more, and none after them.
  void break_off_after(std::size_t bytes) { may_send_ = bytes; }
  // Sends `bytes`, as they are, right before the first record.
  void send_before_first(std::string_view bytes) { unsent_ = bytes; }
  // Ends this side (RFC 8446 §6.1).
  void close() {
    SSL_shutdown(ssl());
    flush();
  }
  // Bytes as they are, behind what was sent.
  bool send_raw(std::string_view bytes) {
    return RawClient::transmit(bytes) == static_cast<ssize_t>(bytes.size());
  }
  SSL* ssl() const { return ssl_.get(); }
  // The last session ticket that came; nullptr for none.
  SSL_SESSION* session() const { return state_->session.get(); }
  // The subject's common name of what the server showed.
  std::string server_name() const {
    std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl()), &X509_free);
    char text[256] = "";
    if (shown)
      X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, text,
                                sizeof text);
    return text;
  }
  // Whether the stream ended as it should, with close_notify (RFC 8446 §6.1).
  bool was_closed() const { return (SSL_get_shutdown(ssl()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 protected:
  ssize_t transmit(std::string_view bytes) override {
    return exchange("room",
                    [&] { return SSL_write(ssl(), bytes.data(), static_cast<int>(bytes.size())); });
  }
  ssize_t receive(char* into, std::size_t size, const char* what) override {
    return exchange(what, [&] { return SSL_read(ssl(), into, static_cast<int>(size)); });
  }

 private:
  // Calls OpenSSL until it is done, and carries what it says and hears; over the socket itself it
  // would bring SIGPIPE.
  template <class Call>
  int exchange(const char* what, Call&& call) {
    while (true) {
      ERR_clear_error();
      const int result = call();
      if (!flush()) return -1;
      if (result > 0) return result;
      if (SSL_get_error(ssl(), result) != SSL_ERROR_WANT_READ) return result;
      char bytes[16384];
      const ssize_t received = RawClient::receive(bytes, sizeof bytes, what);
      if (received <= 0) return static_cast<int>(received);
      BIO_write(SSL_get_rbio(ssl()), bytes, static_cast<int>(received));
    }
  }
  std::string take_output() {
    std::string records(BIO_ctrl_pending(SSL_get_wbio(ssl())), '\0');
    if (!records.empty())
      BIO_read(SSL_get_wbio(ssl()), records.data(), static_cast<int>(records.size()));
    return std::exchange(unsent_, {}) + records;
  }
  bool flush() {
    const std::string records = take_output();
    const std::size_t size = std::min(records.size(), may_send_);
    may_send_ -= size;
    std::string_view rest(records.data(), size);
    while (!rest.empty()) {
      const ssize_t sent = RawClient::transmit(rest);
      if (sent <= 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return size == records.size();
  }
  struct State {
    std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session{nullptr, &SSL_SESSION_free};
  };
  // OpenSSL would never resume the session of a stream that broke off.
  static void let_go(SSL* ssl) {
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
  }
  static int keep_session(SSL* ssl, SSL_SESSION* session) {
    static_cast<State*>(SSL_get_ex_data(ssl, 0))->session.reset(session);
    return 1;
  }

  std::string unsent_;
  std::size_t may_send_ = std::string::npos;
  std::unique_ptr<State> state_ = std::make_unique<State>();
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &let_go};
};

}  // namespace test
