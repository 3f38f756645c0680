// TlsCertificate: a certificate with its chain and its private key, read from two files and
// checked. Included by .cpp files of net only. Threading: immutable once read.
#pragma once

#include <string>

#include "microframe/tls.hpp"
#include "net/openssl.hpp"

namespace microframe::net {

class TlsCertificate {
 public:
  // Reads a pair. One that has expired, or is not good yet, is only warned of: the server may have
  // to serve on. errors: ConfigError that names the file and says what to do: it is missing, is no
  // PEM, is encrypted, or the key is another certificate's.
  explicit TlsCertificate(const TlsOptions::Pair& files);

  // Whether it is for this host (RFC 6125 §6.4).
  enum class Match : bool { exact, wildcard_too };
  bool is_for(const std::string& host, Match match) const;

  // Has `context` show it.
  void use_in(SSL_CTX* context) const;

 private:
  void warn_of_dates(const std::string& file) const;

  OwnedCertificate certificate_;
  OwnedChain chain_;
  OwnedKey key_;
};

}  // namespace microframe::net
