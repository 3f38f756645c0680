#include "authx/token_inspect.hpp"

#include "authx/strict_json.hpp"
#include "base/base64url.hpp"
#include "microframe/authx/exceptions.hpp"

namespace microframe::authx {
namespace {

std::string part_text(std::string_view part) {
  const auto decoded = base::base64url_decode(part);
  const auto object = decoded ? parse_strict_object(*decoded) : std::nullopt;
  if (!object)
    throw InvalidTokenException(
        "this is no token: three parts of base64url, header.claims.signature");
  return to_text(*object);
}

}  // namespace

std::string inspect(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return part_text({});
  return part_text(token.substr(0, first)) + "\n" +
         part_text(token.substr(first + 1, second - first - 1));
}

}  // namespace microframe::authx
