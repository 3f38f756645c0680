// Hall: the endpoint of a node. Messages go to their room; {"ask": true} is answered with what the
// node knows of who is there.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <string>

#include "microframe/microframe.hpp"

namespace chaos_cluster {

inline std::string room_name(std::size_t number) {
  return "hall:" + std::to_string(number);
}
constexpr std::size_t kRooms = 3;
constexpr std::size_t kKept = 50'000;

class Hall : public microframe::ws::ChatBase {
 public:
  using Json = microframe::Json;

  microframe::Task<Json> on_message(microframe::ws::WebSocket&, const microframe::ws::UserId&,
                                    const Json& message) {
    if (message.as_object().contains("ask")) co_return view();
    const std::int64_t n = message.at("n").as_int64();
    // The hook waits now and then, so that nodes die in hooks, too.
    constexpr std::int64_t kWaitEach = 10;
    if (n % kWaitEach == 0) co_await microframe::sleep_for(std::chrono::milliseconds(5));
    broadcast_to_room(microframe::text(message, "room"), message);
    co_return Json(n);
  }
  bool can_join(microframe::ws::WebSocket&, const microframe::ws::UserId&, const std::string&) {
    return true;
  }

 private:
  // Users with their devices, and the members of each room.
  Json view() const {
    boost::json::object users;
    for (const std::string& user : get_connected_users()) users[user] = device_count(user);
    boost::json::object rooms;
    for (std::size_t room = 0; room < kRooms; ++room) {
      const auto members = get_room_members(room_name(room));
      rooms[room_name(room)] = boost::json::array(members.begin(), members.end());
    }
    return {{"users", users}, {"rooms", rooms}};
  }
};

}  // namespace chaos_cluster
