// The exchanges of tests/vectors (README.md there): how they are read, and what the names in them
// stand for. The program defines MICROFRAME_VECTORS, the path of that folder.
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microframe/json.hpp"
#include "support/bytes.hpp"

namespace test {

inline microframe::Json read_vector(const std::string& name) {
  std::ifstream file(std::string(MICROFRAME_VECTORS) + "/" + name + ".json");
  return boost::json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
}

inline std::vector<std::string> vector_names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(MICROFRAME_VECTORS)) {
    if (entry.path().extension() == ".json") found.push_back(entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline std::string as_string(const microframe::Json& value) {
  return {value.get_string().data(), value.get_string().size()};
}

// The bytes of a client_binary step, whose names are filled in.
inline std::string client_binary(const microframe::Json& value) {
  if (value.is_string()) return from_hex(as_string(value));
  const std::string of = as_string(value.at("of"));
  std::string frame("\x01\0\0\0\0\0\0\0", 8);
  frame += static_cast<char>(value.at("id").to_number<int>());
  frame += static_cast<char>(of.size());
  return frame + of + from_hex(as_string(value.at("content")));
}

// What the names in a vector ("$session") stand for.
class Names {
 public:
  using Json = microframe::Json;

  // Whether `actual` is what `expected` says. A name stands for any value at first, and for that
  // value from then on.
  bool match(const Json& expected, const Json& actual) {
    if (const auto name = name_in(expected)) {
      if (name->find('.') != std::string::npos) return filled(expected) == actual;
      const auto [entry, is_new] = values_.try_emplace(*name, actual);
      return is_new || entry->second == actual;
    }
    if (expected.is_object() && actual.is_object()) {
      const auto& members = expected.get_object();
      return members.size() == actual.get_object().size() &&
             std::all_of(members.begin(), members.end(), [&](const auto& member) {
               const Json* found = actual.get_object().if_contains(member.key());
               return found && match(member.value(), *found);
             });
    }
    if (expected.is_array() && actual.is_array()) {
      const auto& wanted = expected.get_array();
      const auto& found = actual.get_array();
      return std::equal(wanted.begin(), wanted.end(), found.begin(), found.end(),
                        [&](const Json& one, const Json& other) { return match(one, other); });
    }
    return expected == actual;
  }
  // `value` with what its names stand for.
  Json filled(const Json& value) const {
    if (const auto name = name_in(value)) {
      const std::size_t dot = std::min(name->find('.'), name->size());
      const Json& named = values_.at(name->substr(0, dot));
      return dot == name->size() ? named : Json(as_string(named) + name->substr(dot));
    }
    if (value.is_object()) {
      boost::json::object result;
      for (const auto& [key, member] : value.get_object()) result.emplace(key, filled(member));
      return result;
    }
    return value;
  }
  void set(const std::string& name, Json value) { values_[name] = std::move(value); }

 private:
  static std::optional<std::string> name_in(const Json& value) {
    const auto* text = value.if_string();
    if (!text || !text->starts_with('$')) return std::nullopt;
    return std::string(text->data(), text->size());
  }
  std::map<std::string, Json> values_;
};

}  // namespace test
