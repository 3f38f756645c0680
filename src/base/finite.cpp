#include "base/finite.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

namespace microframe::base {

bool is_finite(const Json& value) {
  if (const double* number = value.if_double()) return std::isfinite(*number);
  if (const auto* object = value.if_object()) {
    return std::all_of(object->begin(), object->end(),
                       [](const auto& member) { return is_finite(member.value()); });
  }
  const auto* array = value.if_array();
  return !array || std::all_of(array->begin(), array->end(), is_finite);
}

}  // namespace microframe::base
