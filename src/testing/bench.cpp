#include "testing/bench.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace microframe::testing_detail {
namespace {

constexpr std::chrono::hours kTokenLife{1};
constexpr auto kAddress = "192.0.2.1";  // for documentation (RFC 5737)

authx::Claims claims_of(const std::string& user, const Json& extra) {
  authx::Claims claims;
  claims.sub = user;
  claims.issued_at = std::chrono::system_clock::now();
  claims.expires = claims.issued_at + kTokenLife;
  claims.all = extra.is_object() ? extra : Json(boost::json::object());
  claims.all.as_object()["sub"] = user;
  return claims;
}

}  // namespace

Bench::Bench(WebSocketRoute route) : endpoint(std::move(route).take()), site_({}, {}, {}) {}

Bench::~Bench() {
  loop.enter([this] {
    for (const auto& each : devices_) each->end({ws::DisconnectCause::shutdown, 1012});
  });
  loop.enter([this] {
    for (const auto& each : devices_) each->abandon();
  });
  loop.forget();
}

void Bench::add_rooms(std::string pattern, const RoomOptions& options) {
  if (is_open_) throw std::logic_error("microframe: rooms() comes before the first connect()");
  site_.settings.rooms.add(std::move(pattern), options);
}

void Bench::open() {
  if (std::exchange(is_open_, true)) return;
  endpoint.open({&loop}, site_.settings.limits, site_.settings.rooms, site_.registries,
                site_.counts);
}

Device& Bench::connect(std::string user, const Json& claims) {
  open();
  const base::Ref<const ws::Identity> identity(new ws::Identity(
      claims_of(user, claims), {*base::IpAddress::parse(kAddress), 50'000}, std::nullopt));
  const base::Ref<Device> device(new Device({loop, endpoint, hook_failure},
                                            site_.registries.new_connection_id(), std::move(user),
                                            identity));
  devices_.push_back(device);
  loop.enter([&] { device->begin(); });
  return *device;
}

}  // namespace microframe::testing_detail
