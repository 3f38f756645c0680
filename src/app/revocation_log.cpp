#include "app/revocation_log.hpp"

#include <chrono>
#include <string>

#include "base/log.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"

namespace microframe::app {
namespace {

constexpr const char* kLog = "all";

// A node that comes later reads so many of the latest, as far back.
hub::RoomPolicy policy() {
  hub::RoomPolicy policy;
  policy.history_max = 10'000;
  policy.history_age = std::chrono::hours(24 * 30);
  return policy;
}

}  // namespace

// No endpoint has that name: theirs begin with '/'.
RevocationLog::RevocationLog(ws::Site& site, cluster::Node& node)
    : site_(site), others_(node.add_site("revocations", *this)) {}

void RevocationLog::follow() {
  others_.open(kLog, policy(), 0);
}

void RevocationLog::append(std::string_view user) {
  const base::Frame frame(ws::encode_text(user));
  others_.append(kLog, policy(), frame, {}, {}, [user = std::string(user)](const auto& done) {
    if (!done.ok())
      base::log::error("revocation not told to the other nodes",
                       {{"user", user}, {"advice", "the broker was away: revoke again"}});
  });
}

// By this node's clock: how long ago is told by the broker.
void RevocationLog::appended(std::string_view, hub::Broker::Position, std::chrono::milliseconds age,
                             const hub::Parcel& parcel) {
  site_.registries.revocations.revoke(parcel.content, std::chrono::system_clock::now() - age);
  for (const auto& endpoint : site_.settings.routes.endpoints)
    for (const auto& device : endpoint->hub().members_of(parcel.content)) device->recheck_token();
}

}  // namespace microframe::app
