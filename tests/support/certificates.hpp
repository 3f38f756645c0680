// Certificates for tests, made at run time: none lies in the repo.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "support/keys.hpp"

namespace test {

struct CertificateSpec {
  std::string common_name = "localhost";
  std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName; "" for none
  bool is_authority = false;
  long begins_s = -60;  // from now
  long ends_s = 3600;   // from now
  bool rsa = false;     // else P-256
  std::string organization = "";
};

// A certificate and its key. It can vouch for others.
class Certificate {
 public:
  // issuer: nullptr for one that vouches for itself.
  explicit Certificate(const CertificateSpec& spec = {}, const Certificate* issuer = nullptr)
      : key_(spec.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &EVP_PKEY_free),
        certificate_(X509_new(), &X509_free) {
    static long serial = 0;
    X509* x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), spec.begins_s);
    X509_gmtime_adj(X509_getm_notAfter(x), spec.ends_s);
    X509_set_pubkey(x, key_.get());
    X509_NAME* name = X509_get_subject_name(x);
    if (!spec.organization.empty()) add(name, "O", spec.organization);
    add(name, "CN", spec.common_name);
    X509* by = issuer ? issuer->certificate_.get() : x;
    X509_set_issuer_name(x, X509_get_subject_name(by));
    extend(x, by, NID_basic_constraints,
           spec.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!spec.names.empty()) extend(x, by, NID_subject_alt_name, spec.names);
    X509_sign(x, issuer ? issuer->key_.get() : key_.get(), EVP_sha256());
  }

  std::string pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_.get());
    return take(bio);
  }
  // password: "" for none.
  std::string key_pem(std::string password = {}) const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), password.empty() ? nullptr : EVP_aes_128_cbc(),
                                  password.data(), static_cast<int>(password.size()), nullptr,
                                  nullptr);
    return take(bio);
  }
  X509* x509() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  static void add(X509_NAME* name, const char* field, const std::string& value) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.c_str());
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, -1, -1, 0);
  }
  static void extend(X509* x, X509* by, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, by, x, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

// A file of this test process, gone with it.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) : path_(new_path()) { write(text); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }

  void write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }
  const std::string& path() const { return path_; }

 private:
  static std::string new_path() {
    static int count = 0;
    const char* folder = std::getenv("TMPDIR");
    return std::string(folder ? folder : "/tmp") + "/microframe-test-" +
           std::to_string(::getpid()) + "-" + std::to_string(++count) + ".pem";
  }

  std::string path_;
};

}  // namespace test
