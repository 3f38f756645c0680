// HttpRequestParts: what a HttpRequest is made of. Not for applications.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/authx/auth_manager.hpp"
#include "microframe/authx/claims.hpp"

namespace microframe::detail {

struct HttpField {
  std::string_view name;
  std::string_view value;
};

struct HttpRequestParts {
  std::vector<char> head;  // which the views show
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::vector<HttpField> fields;
  std::vector<std::pair<std::string, std::string>> parameters;  // of the path
  std::string body;
  std::string remote_address;
  bool secure = false;
  authx::Claims claims;
  std::shared_ptr<const authx::User> authorized_user;
};

}  // namespace microframe::detail
