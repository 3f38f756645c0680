#include "microframe/http/cookie.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "proto/http_head.hpp"

namespace microframe {
namespace {

// RFC 6265 §4.1.1: visible ASCII, without what would end the value.
bool is_cookie_octet(char c) {
  constexpr std::string_view kNot = "\",;\\";
  return c > 0x20 && c < 0x7F && kNot.find(c) == std::string_view::npos;
}

// RFC 6265 §4.1.1: any character but controls and ';'.
bool is_path_octet(char c) {
  return c >= 0x20 && c < 0x7F && c != ';';
}

std::string_view to_string(Cookie::SameSite site) {
  switch (site) {
    case Cookie::SameSite::strict:
      return "Strict";
    case Cookie::SameSite::lax:
      return "Lax";
    case Cookie::SameSite::none:
      return "None";
  }
  return "Strict";
}

}  // namespace

Cookie::Cookie(std::string name, std::string value) {
  if (!proto::is_token(name))
    throw std::invalid_argument("microframe: \"" + name + "\" cannot name a cookie");
  if (!std::all_of(value.begin(), value.end(), is_cookie_octet))
    throw std::invalid_argument("microframe: the value of the cookie " + name +
                                " has a character that no cookie can hold: encode it first");
  pair_ = std::move(name) + "=" + std::move(value);
}

Cookie& Cookie::path(std::string path) {
  if (!path.starts_with('/') || !std::all_of(path.begin(), path.end(), is_path_octet))
    throw std::invalid_argument("microframe: \"" + path + "\" cannot be the path of a cookie");
  path_ = std::move(path);
  return *this;
}

Cookie& Cookie::max_age(std::chrono::seconds age) {
  max_age_ = age;
  return *this;
}

Cookie& Cookie::http_only(bool on) {
  http_only_ = on;
  return *this;
}

Cookie& Cookie::secure(bool on) {
  secure_ = on;
  return *this;
}

Cookie& Cookie::same_site(SameSite site) {
  same_site_ = site;
  return *this;
}

std::string Cookie::to_field() const {
  if (same_site_ == SameSite::none && !secure_)
    throw std::invalid_argument(
        "microframe: SameSite::none wants secure(true): browsers drop such a cookie");
  std::string field = pair_ + "; Path=" + path_;
  if (max_age_) field += "; Max-Age=" + std::to_string(max_age_->count());
  if (secure_) field += "; Secure";
  if (http_only_) field += "; HttpOnly";
  field += "; SameSite=";
  return field.append(to_string(same_site_));
}

}  // namespace microframe
