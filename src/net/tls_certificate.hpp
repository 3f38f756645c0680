// TlsCertificate: a certificate with its chain and its private key, read from two files and
// checked. Included by .cpp files of net only. Threading: immutable once read.
#pragma once

#include <string>

#include "microframe/tls.hpp"
#include "net/openssl.hpp"

namespace microframe::net {

class TlsCertificate {
 public:
  // Reads a pair. A certificate that has expired, or is not good yet, is only logged as a warning:
  // the server may have to go on serving.
  // errors: ConfigError that names the file and says what to do: the file is missing, is no PEM, is
  // encrypted, or the key belongs to another certificate.
  explicit TlsCertificate(const TlsOptions::Pair& files);

  // Whether the certificate is for this host (RFC 6125 §6.4).
  enum class Match : bool { exact, wildcard_too };
  bool is_for(const std::string& host, Match match) const;

  // Has `context` show the certificate.
  void use_in(SSL_CTX* context) const;

 private:
  void warn_of_dates(const std::string& file) const;

  OwnedCertificate certificate_;
  OwnedChain chain_;
  OwnedKey key_;
};

}  // namespace microframe::net
