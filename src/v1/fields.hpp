// Fields: reads the members of a frame, and remembers the first that is missing or of another type.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "microframe/json.hpp"

namespace microframe::v1 {

class Fields {
 public:
  // object: must outlive the Fields.
  explicit Fields(boost::json::object& object) : object_(object) {}

  // A number that must be there; with _or, one that may be missing. The same for the others.
  std::uint64_t number(std::string_view name);
  std::uint64_t number_or(std::string_view name, std::uint64_t otherwise);
  std::string text(std::string_view name);
  std::string text_or(std::string_view name, std::string_view otherwise);
  bool flag(std::string_view name);
  // Moves the member out; null if there is none.
  Json take(std::string_view name);
  Json* find(std::string_view name) { return object_.if_contains(name); }

  bool good() const { return fault_.empty(); }
  // In words: "\"room\" must be a string".
  const std::string& fault() const { return fault_; }

 private:
  void complain(std::string_view name, std::string_view wanted);

  boost::json::object& object_;
  std::string fault_;
};

}  // namespace microframe::v1
