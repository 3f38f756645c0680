#include "hub/shares.hpp"

namespace microframe::hub {

using base::Lock;

Shares::Place Shares::take(std::string_view user) {
  auto& part = counts_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.try_emplace(std::string(user), 0).first;
  if (entry->second >= max_) return {};
  ++entry->second;
  return Place(Counted{&part, &entry->first});
}

Shares::Place::~Place() {
  if (!counted_.part) return;
  const Lock lock(counted_.part->mutex);
  const auto entry = counted_.part->entries.find(*counted_.user);
  if (--entry->second == 0) counted_.part->entries.erase(entry);
}

}  // namespace microframe::hub
