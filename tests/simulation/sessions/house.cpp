#include "simulation/sessions/house.hpp"

#include "simulation/sessions/frames.hpp"
#include "simulation/trace.hpp"
#include "v1/server_frames.hpp"

namespace microframe::simulation::sessions {

const std::array<std::string, 5>& House::rooms() {
  static const std::array<std::string, 5> names{"kept", "here", "who", "plain", "far-too-long"};
  return names;
}

hub::RoomPolicy House::policy(std::string_view room) const {
  asked_ = room;
  hub::RoomPolicy policy;
  if (keeps_history(room)) {
    policy.history_max = room.front() == 'k' ? 6 : 3;
    policy.history_age = std::chrono::seconds(40);
  }
  policy.presence = has_presence(room);
  if (coalesces_) policy.coalesce = std::chrono::milliseconds(2);
  return policy;
}

std::string House::new_epoch() {
  return epochs_[asked_] = asked_ + "-" + std::to_string(++epoch_);
}

base::Frame House::presence_frame(std::string_view room, const hub::Presence::Users& joins,
                                  const hub::Presence::Users& leaves) const {
  return base::Frame({}, encode(v1::presence(room, to_json(joins), to_json(leaves))));
}

void House::user_online(const std::string& user) {
  require(online_.insert(user).second, [&] { return user + " comes online twice"; });
}

void House::user_offline(const std::string& user) {
  require(online_.erase(user) == 1, [&] { return user + " goes offline twice"; });
}

}  // namespace microframe::simulation::sessions
