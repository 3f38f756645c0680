// NamedType: a type of frame and its name, the member `t` of docs/protocol.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace microframe::v1 {

template <class Type>
struct NamedType {
  std::string_view name;
  Type type;
};

// The type of that name; nullopt if there is none.
template <class Type, std::size_t Count>
std::optional<Type> find_type(const NamedType<Type> (&types)[Count], std::string_view name) {
  for (const NamedType<Type>& one : types) {
    if (one.name == name) return one.type;
  }
  return std::nullopt;
}

}  // namespace microframe::v1
