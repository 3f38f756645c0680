#include "microframe/http/response.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "base/ascii.hpp"
#include "proto/http_head.hpp"

namespace microframe {
namespace {

constexpr std::string_view kOfTheLibrary[] = {"content-length", "transfer-encoding", "connection",
                                              "date",           "upgrade",           "trailer"};

bool is_of_the_library(std::string_view name) {
  return std::any_of(std::begin(kOfTheLibrary), std::end(kOfTheLibrary),
                     [&](std::string_view one) { return base::equal_without_case(one, name); });
}

// A value with a line break would be two fields.
void check_field(const std::string& name, const std::string& value) {
  if (!proto::is_token(name) || !proto::is_field_value(value))
    throw std::invalid_argument("microframe: \"" + name +
                                "\" cannot be a field: its name is no token, or its value has a "
                                "control character");
  if (is_of_the_library(name))
    throw std::invalid_argument("microframe: the library alone sets the field " + name);
}

}  // namespace

HttpResponse::HttpResponse(unsigned status) : status_(status) {
  if (status < 200 || status > 599)
    throw std::invalid_argument("microframe: " + std::to_string(status) +
                                " is no status of an answer: write 200 to 599");
}

HttpResponse HttpResponse::text(std::string text, unsigned status) {
  HttpResponse response(status);
  response.body("text/plain; charset=utf-8", std::move(text));
  return response;
}

HttpResponse HttpResponse::json(const Json& value, unsigned status) {
  HttpResponse response(status);
  response.body("application/json", to_text(value));
  return response;
}

HttpResponse HttpResponse::see_other(std::string location) {
  constexpr unsigned kSeeOther = 303;
  HttpResponse response(kSeeOther);
  response.field("Location", std::move(location));
  return response;
}

HttpResponse& HttpResponse::body(std::string content_type, std::string bytes) {
  field("Content-Type", std::move(content_type));
  body_ = std::move(bytes);
  return *this;
}

HttpResponse& HttpResponse::field(std::string name, std::string value) {
  check_field(name, value);
  std::erase_if(fields_,
                [&](const auto& one) { return base::equal_without_case(one.first, name); });
  fields_.emplace_back(std::move(name), std::move(value));
  return *this;
}

HttpResponse& HttpResponse::set_cookie(const Cookie& cookie) {
  return set_cookie(cookie.to_field());
}

HttpResponse& HttpResponse::set_cookie(std::string field_value) {
  check_field("Set-Cookie", field_value);
  fields_.emplace_back("Set-Cookie", std::move(field_value));
  return *this;
}

}  // namespace microframe
