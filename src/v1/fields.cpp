#include "v1/fields.hpp"

#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

std::optional<std::uint64_t> as_number(const Json& value) {
  if (value.is_int64() && value.get_int64() >= 0 &&
      static_cast<std::uint64_t>(value.get_int64()) <= kNumberMax)
    return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

}  // namespace

std::uint64_t Fields::number(std::string_view name) {
  const Json* value = find(name);
  const auto number = value ? as_number(*value) : std::nullopt;
  if (!number) complain(name, "an integer from 0 to 2^53 - 1");
  return number.value_or(0);
}

std::uint64_t Fields::number_or(std::string_view name, std::uint64_t otherwise) {
  return find(name) ? number(name) : otherwise;
}

std::string Fields::text(std::string_view name) {
  const Json* value = find(name);
  const auto* text = value ? value->if_string() : nullptr;
  if (!text) complain(name, "a string");
  return text ? std::string(text->data(), text->size()) : std::string{};
}

std::string Fields::text_or(std::string_view name, std::string_view otherwise) {
  return find(name) ? text(name) : std::string(otherwise);
}

bool Fields::flag(std::string_view name) {
  const Json* value = find(name);
  if (!value || !value->is_bool()) complain(name, "true or false");
  return value && value->is_bool() && value->get_bool();
}

Json Fields::take(std::string_view name) {
  Json* value = find(name);
  return value ? std::move(*value) : Json{};
}

void Fields::complain(std::string_view name, std::string_view wanted) {
  if (!fault_.empty()) return;
  fault_ = "\"" + std::string(name) + "\" must be " + std::string(wanted);
}

}  // namespace microframe::v1
