#include "client/fetch_token.hpp"

#include <algorithm>
#include <exception>
#include <string_view>

namespace microframe::client {
namespace {

constexpr const char* kUnknown = "it could not be had";

// The token stands in a header field, and nothing in it may end that field (RFC 9110 §5.5).
bool is_token(std::string_view token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

FetchedToken fetch_token(const std::function<std::string()>& provider) {
  FetchedToken result;
  try {
    result.token = provider();
    if (!is_token(result.token)) result.failure = "it holds a character that no token has";
  } catch (const std::exception& thrown) {
    result.failure = thrown.what();
    if (result.failure.empty()) result.failure = kUnknown;
  } catch (...) {
    result.failure = kUnknown;
  }
  return result;
}

}  // namespace microframe::client
