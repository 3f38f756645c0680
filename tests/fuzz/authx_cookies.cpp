// Cookie fields, queries and origins of a hostile peer.

#include <cstdlib>

#include "authx/cookies.hpp"
#include "authx/origin.hpp"
#include "authx/query.hpp"

using namespace microframe::authx;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view fields[] = {text.substr(0, size / 2), text.substr(size / 2)};
  if (const auto value = find_cookie(fields, "access_token")) {
    const bool inside = value->empty() || (value->data() >= text.data() &&
                                           value->data() + value->size() <= text.data() + size);
    if (!inside || value->find(';') != std::string_view::npos) std::abort();
  }
  if (const auto value = find_parameter(text, "token"); value && value->size() > size) std::abort();
  if (origin_allowed(text, "", {})) std::abort();
  return 0;
}
