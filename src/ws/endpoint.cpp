#include "ws/endpoint.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>

#include "base/log.hpp"
#include "microframe/config_error.hpp"
#include "ws/counts.hpp"
#include "ws/encode.hpp"
#include "ws/letters.hpp"
#include "ws/random_name.hpp"
#include "ws/registries.hpp"
#include "ws/room_rules.hpp"

namespace microframe::ws {
namespace {

constexpr std::size_t kEpochBytes = 12;

}  // namespace

Endpoint::Endpoint(detail::RouteParts route)
    : route_(std::move(route)),
      access_(route_.path, route_.auth, route_.users),
      hook_target_{route_.hooks, route_.handler, route_.path.c_str()} {
  if (!route_.path.starts_with('/')) {
    throw ConfigError("the route \"" + route_.path + "\" must start with '/': write \"/" +
                      route_.path + "\"");
  }
}

void Endpoint::open(std::vector<hub::LoopPort*> loops, const Limits& limits, const RoomRules& rooms,
                    Registries& registries, Counts& counts, const Join& join) {
  rooms_ = &rooms;
  registries_ = &registries;
  counts_ = &counts;
  history_bytes_usual_ = std::max(kHistoryBytesMin, 2 * limits.message_bytes_max);
  hub::HubLimits hub_limits;
  hub_limits.devices_per_user_max = limits.devices_per_user_max;
  hub_limits.rooms_per_member_max = limits.rooms_per_connection_max;
  hub_limits.rooms_max = limits.rooms_max;
  hub_limits.rooms_per_user_max = limits.rooms_per_user_max;
  hub_limits.room_name_bytes_max = limits.room_name_bytes_max;
  loops_ = loops;
  hub::Surroundings* const surroundings = this;
  inbound_ = std::make_unique<hub::Inbound>(*surroundings);
  hub::Elsewhere* const elsewhere = join ? &join(path(), *inbound_) : nullptr;
  hub_ = std::make_unique<hub::Hub>(std::move(loops), hub_limits, surroundings, elsewhere);
  inbound_->begin(*hub_);
  everywhere_ = std::make_unique<hub::Everywhere>(*hub_, elsewhere, random_number());
  if (elsewhere) {
    moves_ = std::make_unique<Moves>(*this, registries.sessions, *elsewhere, loops_);
    inquiries_ = std::make_unique<Inquiries>(*hub_, *elsewhere);
    inbound_->read_letters(
        [this](std::string_view node, std::string_view bytes) { read_letter(node, bytes); });
  }
  access_.open(registries);
  route_.attach(*this);
}

void Endpoint::read_letter(std::string_view node, std::string_view bytes) {
  base::WireReader reader(bytes);
  const auto [kind, number] = read_head(reader);
  if (!reader.ok()) return;
  if (kind == Letter::ask) return inquiries_->asked(node, number, reader);
  if (kind == Letter::answers) return inquiries_->answered(number, reader);
  moves_->letter(node, bytes);
}

hub::Hub& Endpoint::hub() const {
  if (!hub_)
    throw std::logic_error("the application does not serve yet: nobody is connected to " + path());
  return *hub_;
}

hub::Everywhere& Endpoint::everywhere() const {
  hub();
  return *everywhere_;
}

base::Shedding Endpoint::shedding(std::string_view room, std::string_view key) const {
  using Rule = base::Shedding::Rule;
  if (rooms_->empty()) return {};
  const std::hash<std::string_view> hash;
  switch (rooms_->of(room).when_slow()) {
    case WhenSlow::disconnect:
      return {};
    case WhenSlow::drop_oldest:
      return {Rule::oldest, hash(room)};
    case WhenSlow::conflate:
      // The zero marks where the name ends and the key begins: no two pairs read alike.
      return {Rule::superseded, hash(std::string(room) + '\0' + std::string(key))};
  }
  return {};
}

base::Frame Endpoint::for_all(const Content& message) const {
  return encode(message, forms_for_all());
}

Forms Endpoint::forms_for_all() const {
  if (!has_sessions()) return Forms::plain;
  SessionCounts::add(counts_->sessions.encoded);
  return Forms::both;
}

SessionCounts& Endpoint::session_counts() const {
  return counts_->sessions;
}

// --- what the hub asks and tells ---

hub::RoomPolicy Endpoint::policy(std::string_view room) const {
  hub::RoomPolicy policy;
  if (rooms_->empty()) return policy;
  const RoomOptions& options = rooms_->of(room);
  policy.history_max = options.history_max();
  policy.history_bytes_max =
      options.history_bytes_max() != 0 ? options.history_bytes_max() : history_bytes_usual_;
  policy.history_age = options.history_age();
  policy.durable = options.is_durable();
  policy.presence = options.tells_presence();
  policy.coalesce = options.coalesce();
  return policy;
}

std::uint64_t Endpoint::now_ms() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

base::ByteBudget* Endpoint::history_budget() {
  return &registries_->histories;
}

std::string Endpoint::new_epoch() {
  return random_name(kEpochBytes);
}

base::Frame Endpoint::frame_of(const hub::Parcel& parcel, std::string_view room,
                               std::optional<std::uint64_t> offset) const {
  v1::MessagePlace place;
  place.room = room;
  place.offset = offset;
  const Forms forms = offset ? Forms::both : forms_for_all();
  base::Frame frame;
  if (parcel.kind == hub::Parcel::Kind::json) {
    frame = encode_json(parcel.content, forms, place);
  } else {
    const bool binary = parcel.kind == hub::Parcel::Kind::binary;
    frame = encode(
        binary ? Message::binary(base::as_bytes(parcel.content)) : Message::text(parcel.content),
        forms, place);
  }
  frame.set_shedding(parcel.shedding);
  return frame;
}

base::Frame Endpoint::moved_frame(std::string_view room, std::string_view epoch,
                                  std::uint64_t offset) const {
  v1::Joined said;
  said.room = room;
  said.epoch = epoch;
  said.offset = offset;
  said.recovered = false;
  return base::Frame({}, encode_text(v1::joined(said)));
}

base::Frame Endpoint::presence_frame(std::string_view room, const hub::Presence::Users& joins,
                                     const hub::Presence::Users& leaves) const {
  const Json came = hub::to_json(joins);
  const Json went = hub::to_json(leaves);
  return base::Frame({}, encode_text(v1::presence(room, came, went)));
}

void Endpoint::user_online(const std::string& user) {
  if (!everywhere_->has_others()) tell_user_online(user);
}
void Endpoint::user_offline(const std::string& user) {
  if (!everywhere_->has_others()) tell_user_offline(user);
}

void Endpoint::tell_user_online(const std::string& user) {
  post_user_event(hooks().on_user_online, "on_user_online", user);
}
void Endpoint::tell_user_offline(const std::string& user) {
  post_user_event(hooks().on_user_offline, "on_user_offline", user);
}

// All events of one user run on one loop, in the order in which they happened. Without memory to
// post an event nobody is told, because a member must be able to end.
void Endpoint::post_user_event(detail::Hooks::UserEvent hook, const char* name,
                               const std::string& user) {
  if (!hook) return;
  hub::LoopPort& loop = *loops_[std::hash<std::string>{}(user) % loops_.size()];
  try {
    loop.post([this, hook, name, user] { run_user_event(hook, name, user); });
  } catch (const std::bad_alloc&) {
    counts_->rejections.add(guard::Rejection::out_of_memory, user, name);
  }
}

void Endpoint::run_user_event(detail::Hooks::UserEvent hook, const char* name,
                              const std::string& user) const {
  const auto failed = [&](std::string_view what) {
    base::log::error("hook threw",
                     {{"endpoint", path()}, {"hook", name}, {"user", user}, {"what", what}});
  };
  try {
    hook(handler(), user);
  } catch (const std::exception& error) {
    failed(error.what());
  } catch (...) {
    failed("an exception that is no std::exception");
  }
}

JoinResult Endpoint::count(JoinResult result, std::string_view who) const {
  if (result == JoinResult::name_invalid)
    counts_->rejections.add(guard::Rejection::room_name, who, path());
  if (result == JoinResult::too_many_rooms)
    counts_->rejections.add(guard::Rejection::too_many_rooms, who, path());
  return result;
}

std::string_view Endpoint::choose_subprotocol(const std::vector<std::string_view>& offered) const {
  if (route_.sessions &&
      std::find(offered.begin(), offered.end(), v1::kSubprotocol) != offered.end())
    return v1::kSubprotocol;
  const auto carries_token = [&](std::string_view name) {
    return access_.authenticator().carries_token(name) || v1::is_resume(name);
  };
  for (const std::string& spoken : route_.subprotocols) {
    if (std::find(offered.begin(), offered.end(), spoken) != offered.end()) return spoken;
  }
  const auto other = std::find_if_not(offered.begin(), offered.end(), carries_token);
  if (other != offered.end()) return route_.subprotocols.empty() ? *other : std::string_view{};
  return offered.size() == 1 ? offered.front() : std::string_view{};
}

std::string Endpoint::hook_names() const {
  const detail::Hooks& found = hooks();
  std::string names;
  const auto add = [&](bool there, const char* name) {
    if (there) names += (names.empty() ? "" : " ") + std::string(name);
  };
  add(found.on_connect, "on_connect");
  add(found.on_json, "on_message(json)");
  add(found.on_raw, "on_message(raw)");
  add(found.on_binary, "on_binary");
  add(found.on_disconnect, "on_disconnect");
  add(found.can_join, "can_join");
  add(found.on_join, "on_join");
  add(found.on_leave, "on_leave");
  add(found.on_session_expired, "on_session_expired");
  add(found.on_user_online, "on_user_online");
  add(found.on_user_offline, "on_user_offline");
  return names;
}

}  // namespace microframe::ws
