// RedisBroker: which Redis carries messages between the nodes of an application, and as whom to
// speak to it. Redis 7 or later, Valkey, Sentinel, Redis Cluster.
#pragma once

#include <string>
#include <utility>

namespace microframe {

// A value; each setter returns the broker itself. Whatever is wrong with it is told when the
// application starts.
class RedisBroker {
 public:
  // url: redis://[user[:password]@]host[:port][/database], rediss://.. for TLS,
  //      redis+sentinel://host[:port][,host[:port]..]/master[/database], or
  //      redis+cluster://host[:port][,host[:port]..]. User and password are percent-encoded.
  explicit RedisBroker(std::string url) : url_(std::move(url)) {}

  // What the names of all keys and channels begin with. Applications that share a Redis each need
  // their own. Default: "mf".
  RedisBroker& prefix(std::string text) {
    prefix_ = std::move(text);
    return *this;
  }
  // With TLS, the PEM file of the authorities that may sign the server's certificate. Default: the
  // system's.
  RedisBroker& ca_file(std::string path) {
    ca_file_ = std::move(path);
    return *this;
  }
  // With TLS, the certificate that this application shows, and its private key (PEM). Default: none.
  RedisBroker& client_certificate(std::string certificate_file, std::string key_file) {
    certificate_file_ = std::move(certificate_file);
    key_file_ = std::move(key_file);
    return *this;
  }
  // What CLIENT LIST shows as the name of this application's connections: no spaces. Default:
  // "microframe".
  RedisBroker& client_name(std::string name) {
    client_name_ = std::move(name);
    return *this;
  }

  const std::string& url() const { return url_; }
  const std::string& prefix() const { return prefix_; }
  const std::string& ca_file() const { return ca_file_; }
  const std::string& certificate_file() const { return certificate_file_; }
  const std::string& key_file() const { return key_file_; }
  const std::string& client_name() const { return client_name_; }

 private:
  std::string url_;
  std::string prefix_ = "mf";
  std::string ca_file_;
  std::string certificate_file_;
  std::string key_file_;
  std::string client_name_ = "microframe";
};

}  // namespace microframe
