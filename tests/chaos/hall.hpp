// Hall: the endpoint of a run. It counts how often each message was handled, and passes each
// message on to the room.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "chaos/record.hpp"
#include "microframe/microframe.hpp"

namespace chaos {

class Hall : public microframe::ws::ChatBase {
 public:
  using Json = microframe::Json;

  microframe::Task<Json> on_message(microframe::ws::WebSocket& socket,
                                    const microframe::ws::UserId&, const Json& message) {
    const std::int64_t n = message.at("n").as_int64();
    {
      const std::lock_guard lock(mutex_);
      ++handled_[message_name(microframe::text(message, "from"), n)];
    }
    // The hook waits, so that connections are also lost during a hook, and messages wait for it.
    constexpr std::int64_t kWaitEach = 10;
    if (n % kWaitEach == 0) co_await microframe::sleep_for(std::chrono::milliseconds(5));
    // Changes metadata, so that clients see one another's metadata too.
    constexpr std::int64_t kMetaEach = 40;
    if (n % kMetaEach == 0) set_presence(socket, kRoom, {{"n", n}});
    broadcast_to_room(kRoom, message);
    co_return message;
  }
  bool can_join(microframe::ws::WebSocket&, const microframe::ws::UserId&, const std::string&) {
    return true;
  }

  // How often each message was handled, by its name.
  std::map<std::string, int> handled() const {
    const std::lock_guard lock(mutex_);
    return handled_;
  }
  // returns: the offset of the room's latest message.
  std::uint64_t last_offset() const {
    constexpr std::size_t kAll = 100'000;
    const auto kept = history(kRoom, 0, kAll);
    return kept.empty() ? 0 : kept.back().offset;
  }
  // Who is in the room, in the form that clients have it.
  Json people() const {
    boost::json::object users;
    for (const auto& device : presence(kRoom)) {
      Json& devices = users[device.user];
      if (devices.is_null()) devices = boost::json::array();
      devices.as_array().push_back({{"device", device.device}, {"meta", device.meta}});
    }
    return users;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> handled_;
};

}  // namespace chaos
