// Sorted lists of names, compared.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/trace.hpp"

namespace microframe::simulation {

using Names = std::vector<std::string>;

inline void sort_unique(Names& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

inline std::string listed(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += name + " ";
  return "[" + text + "]";
}

inline void require_same(const char* what, std::string_view of, const Names& hub,
                         const Names& model) {
  require(hub == model, [&] {
    return std::string(what) + "(" + std::string(of) + "): the hub says " + listed(hub) +
           ", the model " + listed(model);
  });
}

}  // namespace microframe::simulation
