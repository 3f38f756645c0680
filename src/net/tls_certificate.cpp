#include "net/tls_certificate.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <new>

#include "base/log.hpp"
#include "microframe/config_error.hpp"

namespace microframe::net {
namespace {

OwnedBio read_pem(const std::string& file) {
  const std::string text = read_file(file);
  OwnedBio bio(BIO_new(BIO_s_mem()));
  if (!bio || BIO_write(bio.get(), text.data(), static_cast<int>(text.size())) < 0)
    throw std::bad_alloc();
  return bio;
}

// OpenSSL's own callback would ask on the terminal.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

OwnedKey read_key(const std::string& file) {
  const OwnedBio bio = read_pem(file);
  bool asked = false;
  OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &asked));
  ERR_clear_error();
  if (asked)
    throw ConfigError("the key in " + file +
                      " is encrypted, and nobody is there to type its password: " +
                      "write it out with openssl pkey -in " + file +
                      " -out key.pem, readable to this user "
                      "alone");
  if (!key)
    throw ConfigError(
        file + " holds no private key in PEM: it should begin with -----BEGIN PRIVATE KEY-----");
  return key;
}

}  // namespace

TlsCertificate::TlsCertificate(const TlsOptions::Pair& files) : chain_(sk_X509_new_null()) {
  const OwnedBio bio = read_pem(files.certificate_file);
  certificate_.reset(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate_) {
    ERR_clear_error();
    throw ConfigError(
        files.certificate_file +
        " holds no certificate in PEM: it should begin with -----BEGIN CERTIFICATE-----");
  }
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (sk_X509_push(chain_.get(), next) == 0) X509_free(next);
  }
  const unsigned long end = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    throw ConfigError(files.certificate_file + " holds a damaged certificate behind the first");
  key_ = read_key(files.key_file);
  if (X509_check_private_key(certificate_.get(), key_.get()) != 1) {
    ERR_clear_error();
    throw ConfigError(
        "the key in " + files.key_file + " does not fit the certificate in " +
        files.certificate_file +
        ": give the key it was made with, and the server's certificate first in its file");
  }
  warn_of_dates(files.certificate_file);
}

void TlsCertificate::warn_of_dates(const std::string& file) const {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate_.get())) < 0) {
    base::log::warn("certificate has expired",
                    {{"file", file}, {"advice", "renew it, then send SIGHUP"}});
  } else if (X509_cmp_current_time(X509_get0_notBefore(certificate_.get())) > 0) {
    base::log::warn("certificate is not good yet",
                    {{"file", file}, {"advice", "look at the clock"}});
  }
}

bool TlsCertificate::is_for(const std::string& host, Match match) const {
  const unsigned flags =
      match == Match::exact ? X509_CHECK_FLAG_NO_WILDCARDS : X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
  return X509_check_host(certificate_.get(), host.data(), host.size(), flags, nullptr) == 1;
}

void TlsCertificate::use_in(SSL_CTX* context) const {
  if (SSL_CTX_use_cert_and_key(context, certificate_.get(), key_.get(), chain_.get(), 1) == 1)
    return;
  throw ConfigError("OpenSSL does not take the certificate: " + openssl_error() +
                    ". Make one with a key of 2048 bits RSA at least, or of P-256");
}

}  // namespace microframe::net
