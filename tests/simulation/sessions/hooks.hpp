// Hooks: what the hooks of one simulated session do, and that they run as they must: in pairs, and
// each message once, in the order of its sender. On the session's loop.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "simulation/sessions/course.hpp"
#include "simulation/sessions/scene.hpp"

namespace microframe::simulation::sessions {

class Hooks {
 public:
  enum class Outcome : unsigned char { done, bad, failed };

  // owner: whose hooks they are; it owns this.
  Hooks(Scene& scene, hub::Member& owner) : scene_(scene), owner_(owner) {}

  void on_connect();
  // Does what the message asks for.
  Outcome on_message(const Json& message);
  // errors: Violation, if the hub tells of a membership twice.
  void on_join(const hub::Joined& joined);
  void on_leave(std::string_view room);
  void on_disconnect() { ++disconnects_; }
  void on_expired() { ++expiries_; }

  // Once all is over.
  // errors: Violation, unless each hook ran as often as the course has said.
  void check_ended(const Course& course) const;

 private:
  std::string name() const { return std::string(owner_.session()); }

  Scene& scene_;
  hub::Member& owner_;
  std::uint64_t last_handled_ = 0;              // in the ledger
  std::set<std::string, std::less<>> entered_;  // on_join has run, and on_leave has not
  unsigned connects_ = 0;
  unsigned disconnects_ = 0;
  unsigned expiries_ = 0;
};

}  // namespace microframe::simulation::sessions
