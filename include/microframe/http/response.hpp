// HttpResponse: what a handler answers. RFC 9110.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/http/cookie.hpp"
#include "microframe/json.hpp"

namespace microframe {

// A value. The library adds Content-Length, Date, Connection and, unless they are set,
// Cache-Control: no-store and X-Content-Type-Options: nosniff.
class HttpResponse {
 public:
  // An answer without a body.
  // errors: std::invalid_argument for a status that is not between 200 and 599.
  explicit HttpResponse(unsigned status = 200);
  // errors: as the constructor.
  static HttpResponse text(std::string text, unsigned status = 200);
  static HttpResponse json(const Json& value, unsigned status = 200);
  // Sends the client elsewhere, by 303: it gets `location`, whatever the method was.
  // errors: as field().
  static HttpResponse see_other(std::string location);

  HttpResponse& body(std::string content_type, std::string bytes);
  // Sets a field in place of those of that name.
  // errors: std::invalid_argument if the name is no token, the value has a line break or another
  //         control character, or the field is one that only the library sets: Content-Length,
  //         Transfer-Encoding, Connection, Date, Upgrade, Trailer.
  HttpResponse& field(std::string name, std::string value);
  // Adds a Set-Cookie field.
  // errors: as Cookie::to_field().
  HttpResponse& set_cookie(const Cookie& cookie);
  // The same with a field's value as authx::refresh_cookie() makes it.
  // errors: as field().
  HttpResponse& set_cookie(std::string field_value);

  unsigned status() const { return status_; }
  const std::string& body() const { return body_; }
  // All but what the library adds, in the order in which they were set.
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  unsigned status_;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::string body_;
};

}  // namespace microframe
