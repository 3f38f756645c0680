#include "microframe/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace microframe {
namespace {

const Json* find(const Json& message, std::string_view key) {
  const auto* object = message.if_object();
  return object ? object->if_contains(key) : nullptr;
}

const boost::json::string* find_text(const Json& message, std::string_view key) {
  const Json* member = find(message, key);
  return member ? member->if_string() : nullptr;
}

[[noreturn]] void refuse(std::string_view key, std::string_view what) {
  throw BadMessage("\"" + std::string(key) + "\" must be " + std::string(what));
}

}  // namespace

std::string text(const Json& message, std::string_view key) {
  return std::string(string_at(message, key));
}

std::string_view string_at(const Json& message, std::string_view key) {
  if (const auto* found = find_text(message, key)) return {found->data(), found->size()};
  refuse(key, "a string");
}

bool boolean(const Json& message, std::string_view key) {
  const Json* member = find(message, key);
  if (const bool* found = member ? member->if_bool() : nullptr) return *found;
  refuse(key, "true or false");
}

const Json& detail::number_at(const Json& message, std::string_view key) {
  const Json* member = find(message, key);
  if (!member || !member->is_number()) refuse_number(key);
  return *member;
}

void detail::refuse_number(std::string_view key) {
  refuse(key, "a number, and one that fits");
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
