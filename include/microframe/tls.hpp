// TlsOptions: TLS on the server: its certificates, and what it asks of its clients. TLS 1.2 and
// 1.3; older versions are never spoken.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace microframe {

enum class TlsVersion : std::uint8_t { tls12, tls13 };

// Whether a client shows a certificate of its own.
enum class ClientCertificates : std::uint8_t {
  none,     // the client is not asked
  request,  // the client is asked; it may show none, but one that it shows must be valid
  require,  // a client without a valid certificate cannot connect
};

// Given to Application::tls. The files are read when the application starts and at each reload,
// never in between.
class TlsOptions {
 public:
  struct Pair {
    Pair(std::string certificate, std::string key)
        : certificate_file(std::move(certificate)), key_file(std::move(key)) {}
    std::string certificate_file;
    std::string key_file;
  };

  // certificate_file: PEM, the server's certificate first, then those between it and the root.
  // key_file:         PEM, the certificate's private key, not encrypted.
  TlsOptions(std::string certificate_file, std::string key_file) {
    pairs_.emplace_back(std::move(certificate_file), std::move(key_file));
  }

  // Adds a further pair. The name that a client asks for (SNI, RFC 6066 §3) picks the pair whose
  // certificate is for that name, an exact name before a wildcard. If no certificate matches, the
  // first pair is used.
  TlsOptions& add(std::string certificate_file, std::string key_file) {
    pairs_.emplace_back(std::move(certificate_file), std::move(key_file));
    return *this;
  }
  // Asks clients for certificates that are signed by the authorities in `ca_file` (PEM). Default:
  // clients are not asked.
  TlsOptions& client_certificates(std::string ca_file,
                                  ClientCertificates wanted = ClientCertificates::require) {
    client_ca_file_ = std::move(ca_file);
    client_certificates_ = wanted;
    return *this;
  }
  // The oldest version spoken. Default: TLS 1.2.
  TlsOptions& min_version(TlsVersion version) {
    min_version_ = version;
    return *this;
  }

  const std::vector<Pair>& pairs() const { return pairs_; }
  const std::string& client_ca_file() const { return client_ca_file_; }
  ClientCertificates client_certificates() const { return client_certificates_; }
  TlsVersion min_version() const { return min_version_; }

 private:
  std::vector<Pair> pairs_;
  std::string client_ca_file_;
  ClientCertificates client_certificates_ = ClientCertificates::none;
  TlsVersion min_version_ = TlsVersion::tls12;
};

}  // namespace microframe
