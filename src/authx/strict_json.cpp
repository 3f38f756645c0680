#include "authx/strict_json.hpp"

#include <boost/json/parse.hpp>

#include "base/finite.hpp"

namespace microframe::authx {
namespace {

constexpr std::size_t kDepthMax = 8;

// How many members `text`, which is valid JSON, has: each has one colon outside the strings.
std::size_t members_written(std::string_view text) {
  std::size_t colons = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (text[i] == ':' && !in_string) {
      ++colons;
    }
  }
  return colons;
}

// Whether `text` nests no deeper than kDepthMax.
std::size_t members_kept(const Json& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += members_kept(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const Json& element : *array) count += members_kept(element);
  }
  return count;
}

}  // namespace

std::optional<Json> parse_strict_object(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::error_code error;
  Json value = boost::json::parse(text, error, {}, options);
  if (error || !value.is_object() || !base::is_finite(value)) return std::nullopt;
  // Of several members with the same name the parser keeps the last one, and loses whatever the
  // others hold.
  if (members_kept(value) != members_written(text)) return std::nullopt;
  return value;
}

}  // namespace microframe::authx
