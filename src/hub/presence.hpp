// Presence: who is in a room, by user, with an entry per device. No I/O, no threads: the room guards
// its presence.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "microframe/json.hpp"

namespace microframe::hub {

class Presence {
 public:
  struct Device {
    std::string id;
    Json meta;
  };
  // Users with the devices that came or went.
  using Users = std::map<std::string, std::vector<Device>, std::less<>>;

  // Puts the device in.
  // returns: false if the device is in already.
  bool add(const std::string& user, std::string_view device);
  bool remove(const std::string& user, std::string_view device);
  // returns: false if the device is not in, or its metadata is the same.
  bool set_meta(const std::string& user, std::string_view device, const Json& meta);

  const Users& users() const { return users_; }
  // The metadata of a device that is in, else null.
  const Json* meta(const std::string& user, std::string_view device) const;

 private:
  Device* find(const std::string& user, std::string_view device);

  Users users_;
};

// {"alice": [{"device": "17", "meta": {}}]}
Json to_json(const Presence::Users& users);

}  // namespace microframe::hub
