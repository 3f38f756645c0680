#include "cluster/site.hpp"

#include <new>
#include <utility>

#include "cluster/bus_message.hpp"
#include "cluster/kept_reader.hpp"
#include "cluster/names.hpp"
#include "cluster/parcel_codec.hpp"

namespace microframe::cluster {

using Names = std::vector<std::string>;
using hub::Broker;

Site::Site(const Shared& shared, std::string endpoint, hub::Arrivals& arrivals)
    : broker_(shared.broker),
      turns_(shared.turns),
      outgoing_(shared.outgoing),
      directory_(shared.directory),
      arrivals_(arrivals),
      told_soon_(shared.told_soon),
      when_known_(shared.when_known),
      endpoint_(std::move(endpoint)),
      number_(directory_.add_endpoint(endpoint_)),
      rooms_(shared.broker, turns_, arrivals_, shared.counts, endpoint_,
             [this](std::string_view room) { return presence(room); }),
      roll_(shared.broker, turns_, shared.events, endpoint_,
            roll_entry(outgoing_.node(), outgoing_.incarnation()), shared.offline_delay) {}

void Site::changed(const std::string& user) noexcept {
  if (!dirty_.add(user)) return;
  try {
    told_soon_();
  } catch (const std::bad_alloc&) {
    // The node tells what has changed every second as well.
  }
}

// --- messages ---

void Site::broadcast(const base::Frame& frame, const hub::Exclusion& exclusion, std::uint64_t id) {
  ForEveryone body{endpoint_, parcel_of(frame, exclusion)};
  body.parcel.id = id;
  outgoing_.publish(everyone_topic(endpoint_), ItemKind::for_everyone, write_body(body));
}

void Site::to_room(std::string_view room, const base::Frame& frame, const hub::Exclusion& exclusion,
                   std::uint64_t id) {
  InRoom body{endpoint_, room, parcel_of(frame, exclusion)};
  body.parcel.id = id;
  outgoing_.publish(room_topic(endpoint_, room), ItemKind::in_room, write_body(body));
}

std::vector<bool> Site::to_users(const std::vector<std::string_view>& users,
                                 const base::Frame& frame, std::uint64_t id) {
  const std::shared_lock lock(senders_);
  Directory::Reach reach = directory_.reach(number_, users);
  for (Directory::Reach::Stop& stop : reach.stops) {
    ForUsers body{endpoint_, std::move(stop.users), parcel_of(frame, hub::HiddenFrom())};
    body.parcel.id = id;
    outgoing_.to_node(stop.node, ItemKind::for_users, write_body(body));
  }
  return std::move(reach.present);
}

bool Site::tell_user(ItemKind kind, std::string_view user, std::string_view text) {
  const std::shared_lock lock(senders_);
  const Directory::Reach reach = directory_.reach(number_, {user});
  const std::string body = write_body(UserAndText{endpoint_, user, text});
  for (const Directory::Reach::Stop& stop : reach.stops) outgoing_.to_node(stop.node, kind, body);
  return !reach.stops.empty();
}

bool Site::join_user(std::string_view user, std::string_view room) {
  return tell_user(ItemKind::join_user, user, room);
}

bool Site::leave_user(std::string_view user, std::string_view room) {
  return tell_user(ItemKind::leave_user, user, room);
}

bool Site::evict(std::string_view user) {
  const Directory::Reach reach = directory_.reach(number_, {user});
  if (reach.stops.empty()) return false;
  outgoing_.to_node(reach.stops.front().node, ItemKind::evict,
                    write_body(UserAndText{endpoint_, user, {}}));
  return true;
}

std::size_t Site::disconnect(std::string_view user, std::string_view reason) {
  tell_user(ItemKind::disconnect, user, reason);
  return directory_.devices(number_, user);
}

// --- rooms ---

void Site::open(const std::string& room, const hub::RoomPolicy& policy, std::uint64_t opening) {
  if (wishes_.add({room, policy, opening})) turns_.post([this] { carry_out_wishes(); });
}

void Site::close(const std::string& room) noexcept {
  try {
    if (wishes_.add({room, std::nullopt, 0})) turns_.post([this] { carry_out_wishes(); });
  } catch (const std::bad_alloc&) {
    // The room is heard for longer than it must, or closes at the next check.
  }
}

void Site::carry_out_wishes() {
  for (const RoomWishes::Wish& wish : wishes_.take()) {
    if (wish.policy) {
      rooms_.open(wish.room, *wish.policy, wish.opening);
    } else {
      rooms_.close(wish.room);
    }
  }
}

void Site::check() {
  carry_out_wishes();
  rooms_.check();
}

void Site::append(std::string_view room, const hub::RoomPolicy& policy, const base::Frame& frame,
                  const hub::HiddenFrom& hidden, std::string once,
                  Broker::Done<Broker::Appended> told) {
  Broker::Append what;
  what.log = room_log(endpoint_, room);
  what.bytes = write_entry(parcel_of(frame, hidden));
  what.kept_max = policy.history_max;
  what.age_max = policy.history_age;
  what.once = std::move(once);
  what.durable = policy.durable;
  outgoing_.append(std::move(what), std::move(told));
}

void Site::history(std::string_view room, const hub::RoomPolicy& policy, std::uint64_t since,
                   std::size_t limit, Broker::Done<std::vector<Kept>> told) {
  std::make_shared<KeptReader>(broker_, room_log(endpoint_, room), policy, limit, std::move(told))
      ->read(since + 1);
}

// --- what endpoints say to each other ---

void Site::letter(std::string_view node, std::string_view bytes) {
  const std::string body = write_body(UserAndText{endpoint_, {}, bytes});
  if (node.empty()) return outgoing_.publish(std::string(kClusterTopic), ItemKind::letter, body);
  outgoing_.to_node(node, ItemKind::letter, body);
}

std::vector<std::string> Site::nodes_of(std::string_view user) const {
  std::vector<std::string> nodes;
  for (const Directory::Reach::Stop& stop : directory_.reach(number_, {user}).stops)
    nodes.emplace_back(stop.node);
  return nodes;
}

void Site::after(std::chrono::milliseconds delay, std::function<void()> task) {
  turns_.post([this, delay, task = std::move(task)] { turns_.after(delay, task); });
}

void Site::keep_session(std::string_view name, std::string bytes,
                        std::chrono::milliseconds for_time) {
  broker_.put(session_note(endpoint_, name), std::move(bytes), for_time, false, [](const auto&) {});
}

void Site::find_session(std::string_view name, bool take,
                        Broker::Done<std::optional<std::string>> found) {
  if (name.size() > kSessionBytesMax) return found(std::optional<std::string>());
  if (take) return broker_.take(session_note(endpoint_, name), std::move(found));
  using Notes = std::vector<std::optional<std::string>>;
  broker_.get({session_note(endpoint_, name)},
              [found = std::move(found)](base::Result<Notes, Broker::Failure> notes) {
                if (!notes) return found(base::fail(notes.error()));
                found(notes->empty() ? std::optional<std::string>() : std::move(notes->front()));
              });
}

// --- who is there ---

Names Site::users() const {
  return directory_.users(number_);
}

std::size_t Site::devices(std::string_view user) const {
  return directory_.devices(number_, user);
}

std::size_t Site::connections() const {
  return directory_.connections(number_);
}

Names Site::room_members(std::string_view room) const {
  return directory_.room_members(number_, room);
}

Names Site::user_rooms(std::string_view user) const {
  return directory_.user_rooms(number_, user);
}

Names Site::rooms() const {
  return directory_.rooms(number_);
}

hub::Presence::Users Site::presence(std::string_view room) const {
  return directory_.presence(number_, room);
}

}  // namespace microframe::cluster
