#include "microframe/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace microframe {
namespace {

const boost::json::string* find_text(const Json& message, std::string_view key) {
  const auto* object = message.if_object();
  if (!object) return nullptr;
  const Json* member = object->if_contains(key);
  return member ? member->if_string() : nullptr;
}

}  // namespace

std::string text(const Json& message, std::string_view key) {
  if (const auto* found = find_text(message, key)) return {found->data(), found->size()};
  throw BadMessage("\"" + std::string(key) + "\" must be a string");
}

std::string text_or(const Json& message, std::string_view key, std::string_view otherwise) {
  const auto* found = find_text(message, key);
  return found ? std::string(found->data(), found->size()) : std::string(otherwise);
}

Json array_of(const std::vector<std::string>& texts) {
  boost::json::array array;
  array.reserve(texts.size());
  for (const std::string& one : texts) array.emplace_back(Json(one));
  return array;
}

std::string to_text(const Json& value) {
  return boost::json::serialize(value);
}

}  // namespace microframe
