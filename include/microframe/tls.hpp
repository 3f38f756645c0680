// TLS on the server: its certificates, and what it asks of its clients. TLS 1.2 and 1.3, nothing
// older.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace microframe {

enum class TlsVersion : std::uint8_t { tls12, tls13 };

// Whether a client shows a certificate of its own.
enum class ClientCertificates : std::uint8_t {
  none,     // it is not asked
  request,  // it is asked; one that it shows must be good, but it need not show any
  require,  // without a good one there is no connection
};

// Given to Application::tls. The files are read when the application starts and at each reload,
// never meanwhile.
class TlsOptions {
 public:
  struct Pair {
    Pair(std::string certificate, std::string key)
        : certificate_file(std::move(certificate)), key_file(std::move(key)) {}
    std::string certificate_file;
    std::string key_file;
  };

  // certificate_file: PEM, the server's certificate first, then those between it and the root.
  // key_file: PEM, its private key, not encrypted.
  TlsOptions(std::string certificate_file, std::string key_file) {
    pairs_.emplace_back(std::move(certificate_file), std::move(key_file));
  }

  // A further pair. The name that a client asks for (SNI, RFC 6066 §3) picks the pair whose
  // certificate is for that name, the exact name before a wildcard; where none is, the first pair
  // serves.
  TlsOptions& add(std::string certificate_file, std::string key_file) {
    pairs_.emplace_back(std::move(certificate_file), std::move(key_file));
    return *this;
  }
  // Asks clients for certificates, which those in `ca_file` (PEM) vouch for.
  TlsOptions& client_certificates(std::string ca_file,
                                  ClientCertificates wanted = ClientCertificates::require) {
    client_ca_file_ = std::move(ca_file);
    client_certificates_ = wanted;
    return *this;
  }
  // The oldest version spoken. Default: 1.2.
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
