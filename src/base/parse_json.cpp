#include "base/parse_json.hpp"

#include <boost/json/parse.hpp>
#include <utility>

#include "base/finite.hpp"

namespace microframe::base {

std::optional<Json> parse_json(std::string_view text, std::string& why,
                               boost::json::storage_ptr storage) {
  boost::json::error_code error;
  Json value = boost::json::parse(text, error, std::move(storage));
  if (error) {
    why = error.message();
    return std::nullopt;
  }
  if (!is_finite(value)) {
    why = "a number is out of range";
    return std::nullopt;
  }
  return value;
}

}  // namespace microframe::base
