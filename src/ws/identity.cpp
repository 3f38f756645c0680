#include "ws/identity.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <utility>

namespace microframe::ws {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

std::uint32_t seconds_of(authx::Time time) {
  const auto since_1970 = floor<seconds>(time).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(since_1970, 0, UINT32_MAX));
}

}  // namespace

Identity::Identity(const authx::Claims& claims, const net::PeerAddress& peer,
                   std::optional<std::string> certificate, std::string subprotocol,
                   AuthorizedUser user)
    : peer_(peer),
      issued_s_(seconds_of(claims.issued_at)),
      extras_(make_extras(
          {claims.extra(), std::move(certificate), std::move(subprotocol), std::move(user)})),
      expires_(floor<seconds>(claims.expires)) {}

std::unique_ptr<const Identity::Extras> Identity::make_extras(Extras extras) {
  if (extras.claims.get_object().empty() && !extras.certificate && extras.subprotocol.empty() &&
      !extras.user)
    return nullptr;
  return std::make_unique<const Extras>(std::move(extras));
}

base::Ref<const Identity> Identity::with(const authx::Claims& claims, AuthorizedUser user) const {
  return base::Ref<const Identity>(
      new Identity(claims, peer_, certificate(), subprotocol(), std::move(user)));
}

Json Identity::claims() const {
  return extras_ ? extras_->claims : Json(boost::json::object());
}

std::optional<std::string> Identity::certificate() const {
  return extras_ ? extras_->certificate : std::nullopt;
}

std::string Identity::subprotocol() const {
  return extras_ ? extras_->subprotocol : std::string();
}

authx::Time Identity::issued_at() const {
  return authx::Time(seconds(issued_s_));
}

}  // namespace microframe::ws
