// Recorder: gathers the UserRecord of a user's devices. Threading: under the lock of the user.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "hub/member.hpp"
#include "hub/presence.hpp"
#include "hub/user_record.hpp"

namespace microframe::hub {

class Recorder {
 public:
  void add(const Member& device);
  // Once.
  UserRecord take();

 private:
  UserRecord record_;
  std::map<std::string, std::vector<Presence::Device>> rooms_;
};

}  // namespace microframe::hub
