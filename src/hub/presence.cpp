#include "hub/presence.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

namespace microframe::hub {

Presence::Device* Presence::find(const std::string& user, std::string_view device) {
  const auto entry = users_.find(user);
  if (entry == users_.end()) return nullptr;
  const auto found = std::find_if(entry->second.begin(), entry->second.end(),
                                  [&](const Device& one) { return one.id == device; });
  return found == entry->second.end() ? nullptr : &*found;
}

bool Presence::add(const std::string& user, std::string_view device) {
  if (find(user, device)) return false;
  std::vector<Device> first;
  first.push_back({std::string(device), boost::json::object()});
  const auto [entry, is_first] = users_.try_emplace(user, std::move(first));
  // Where memory runs out, no user must remain without a device.
  if (!is_first) entry->second.push_back(std::move(first.front()));
  return true;
}

bool Presence::remove(const std::string& user, std::string_view device) {
  const auto entry = users_.find(user);
  if (entry == users_.end()) return false;
  const std::size_t removed =
      std::erase_if(entry->second, [&](const Device& one) { return one.id == device; });
  if (entry->second.empty()) users_.erase(entry);
  return removed != 0;
}

bool Presence::set_meta(const std::string& user, std::string_view device, const Json& meta) {
  Device* found = find(user, device);
  if (!found || found->meta == meta) return false;
  found->meta = meta;
  return true;
}

const Json* Presence::meta(const std::string& user, std::string_view device) const {
  const Device* found = const_cast<Presence*>(this)->find(user, device);
  return found ? &found->meta : nullptr;
}

Json to_json(const Presence::Users& users) {
  boost::json::object all;
  for (const auto& [user, devices] : users) {
    boost::json::array entries;
    for (const Presence::Device& device : devices)
      entries.push_back(boost::json::object{{"device", device.id}, {"meta", device.meta}});
    all.emplace(user, std::move(entries));
  }
  return all;
}

}  // namespace microframe::hub
