// HttpRequest: a request whose head and body have come whole. RFC 9110.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/authx/auth_manager.hpp"
#include "microframe/authx/claims.hpp"
#include "microframe/detail/http_request_parts.hpp"
#include "microframe/json.hpp"

namespace microframe {

// A handler is given a HttpRequest by reference. The request, and all views that it returns, are good
// until the handler has returned, or its coroutine has ended. Threading: the handler's loop.
class HttpRequest {
 public:
  // Not for applications, but for the tests of their handlers.
  explicit HttpRequest(detail::HttpRequestParts parts) : parts_(std::move(parts)) {}
  HttpRequest(const HttpRequest&) = delete;
  HttpRequest& operator=(const HttpRequest&) = delete;

  // In capitals: "POST". A handler of get() is called for HEAD too.
  std::string_view method() const { return parts_.method; }
  // The path of the target as it was sent, still percent-encoded.
  std::string_view path() const { return parts_.path; }
  // What stands in the path where the route has {name}, percent-decoded: UTF-8 without control
  // characters, at least one byte, and it may hold a '/'.
  // errors: std::out_of_range if the route has no such parameter.
  const std::string& parameter(std::string_view name) const;
  // What follows '?' as it was sent.
  std::string_view query() const { return parts_.query; }
  // The first value of that name in the query, percent-decoded, whatever bytes that gives.
  std::optional<std::string> query(std::string_view name) const;
  // The first field of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const;
  // The first cookie of that name.
  std::optional<std::string_view> cookie(std::string_view name) const;

  std::string_view body() const { return parts_.body; }
  // Reads the body as JSON, in UTF-8.
  // errors: BadMessage if it is none. The client gets a 400 if the handler lets that pass, and also
  //         for a member that is missing or of another type, if it is read by text(), number() or at().
  Json json() const;

  // Where the request comes from: "192.0.2.1:50000"; without the port where a trusted proxy said so.
  const std::string& remote_address() const { return parts_.remote_address; }
  // Whether the request came by TLS, as this server knows or a trusted proxy says.
  bool is_secure() const { return parts_.secure; }

  // Who sent the request: the token's `sub`. "" for a route without an AuthConfig.
  const std::string& user() const { return parts_.claims.sub; }
  // All that the token says.
  const authx::Claims& claims() const { return parts_.claims; }
  // What AuthManager::authorize returned; nullptr for a route without an AuthManager.
  const std::shared_ptr<const authx::User>& authorized_user() const {
    return parts_.authorized_user;
  }

 private:
  const detail::HttpRequestParts parts_;
};

}  // namespace microframe
