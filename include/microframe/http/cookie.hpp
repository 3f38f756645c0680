// Cookie: what a response has a browser keep. RFC 6265 §4.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace microframe {

// By default a cookie is for every path of the host alone, as long as the browser runs, is not seen by
// scripts (HttpOnly), travels by https only (Secure; browsers count http://localhost as such), and is
// not sent with requests that another site makes (SameSite=Strict).
class Cookie {
 public:
  enum class SameSite : std::uint8_t { strict, lax, none };

  // errors: std::invalid_argument for a name that is no token, or a value with white space, a
  //         control character or any of ",;\ in it.
  Cookie(std::string name, std::string value);

  // errors: std::invalid_argument for a path that does not begin with '/', or has a ';' or a
  //         control character in it.
  Cookie& path(std::string path);
  // How long the cookie is kept. 0: a cookie of that name and path is dropped.
  Cookie& max_age(std::chrono::seconds age);
  Cookie& http_only(bool on);
  Cookie& secure(bool on);
  Cookie& same_site(SameSite site);

  // The value of the Set-Cookie field.
  // errors: std::invalid_argument for SameSite::none without secure, which browsers drop.
  std::string to_field() const;

 private:
  std::string pair_;  // name=value
  std::string path_ = "/";
  std::optional<std::chrono::seconds> max_age_;
  bool http_only_ = true;
  bool secure_ = true;
  SameSite same_site_ = SameSite::strict;
};

}  // namespace microframe
