#include "hub/inbound.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace microframe::hub {
namespace {

using base::Ref;

std::vector<std::string> names(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

Exclusion exclusion_of(const Parcel& parcel) {
  Exclusion exclusion;
  exclusion.users = names(parcel.hidden_from);
  exclusion.session = parcel.hidden_session;
  return exclusion;
}

}  // namespace

// --- messages ---

void Inbound::arrived(const Parcel& for_everyone) {
  hub_->broadcast(surroundings_.frame_of(for_everyone, {}, {}), exclusion_of(for_everyone),
                  for_everyone.id);
}

void Inbound::arrived_in(std::string_view room, const Parcel& parcel) {
  if (!hub_->room(room)) return;
  hub_->broadcast_to_room(room, surroundings_.frame_of(parcel, room, {}), exclusion_of(parcel),
                          parcel.id);
}

void Inbound::arrived_for(const std::vector<std::string_view>& users, const Parcel& parcel) {
  const base::Frame frame = surroundings_.frame_of(parcel, {}, {});
  for (const std::string_view user : users) hub_->send_to(user, frame, parcel.id);
}

// --- rooms ---

// What was opened may have closed since: whoever waits in its successor waits for the next.
void Inbound::opened(std::string_view room, std::uint64_t opening, Presence::Users others) {
  const Ref<Room> found = hub_->room(room);
  if (!found || !found->opening() || found->opening()->number() != opening) return;
  found->arrived(others, {});
  found->opening()->end();
}

void Inbound::presence_changed(std::string_view room, const Presence::Users& joins,
                               const Presence::Users& leaves) {
  const Ref<Room> found = hub_->room(room);
  // Before it is open, it is not told: it is given the whole then.
  if (!found || !found->opening() || !found->opening()->is_over()) return;
  Presence::Users gone;
  for (const auto& [user, devices] : leaves) {
    const auto here = hub_->members_of(user);
    for (const Presence::Device& device : devices) {
      // A device that has moved here is not gone, unless it has left the room since.
      const auto is_it = [&](const Ref<Member>& one) {
        if (one->device() != device.id) return false;
        const auto rooms = hub_->rooms_of(*one);
        return std::binary_search(rooms.begin(), rooms.end(), room);
      };
      if (std::none_of(here.begin(), here.end(), is_it)) gone[user].push_back(device);
    }
  }
  if (!joins.empty() || !gone.empty()) found->arrived(joins, gone);
}

void Inbound::appended(std::string_view room, Broker::Position position,
                       std::chrono::milliseconds age, const Parcel& parcel) {
  const Ref<Room> found = hub_->room(room);
  if (!found) return;
  try {
    Room::Logged message;
    message.offset = position.offset;
    message.age = age;
    message.frame = surroundings_.frame_of(parcel, room, position.offset);
    message.hidden.users = names(parcel.hidden_from);
    message.hidden.session = parcel.hidden_session;
    found->appended(std::move(message));
  } catch (const std::bad_alloc&) {
    log_moved(room, position);  // the message is lost here, and the members are told so
  }
}

void Inbound::log_moved(std::string_view room, Broker::Position last) {
  if (const Ref<Room> found = hub_->room(room))
    found->log_moved(std::to_string(last.epoch), last.offset);
}

// --- what the application asks on another node ---

void Inbound::join_here(std::string_view user, std::string_view room) {
  hub_->join_user(user, room);
}

void Inbound::leave_here(std::string_view user, std::string_view room) {
  hub_->leave_user(user, room);
}

void Inbound::evict_here(std::string_view user) {
  if (const Ref<Member> oldest = hub_->oldest_of(user)) oldest->evict();
}

void Inbound::disconnect_here(std::string_view user, std::string_view reason) {
  for (const Ref<Member>& device : hub_->members_of(user)) device->revoke(reason);
}

void Inbound::letter(std::string_view node, std::string_view bytes) {
  if (read_) read_(node, bytes);
}

// --- what other nodes are to know ---

UserRecord Inbound::record(std::string_view user) {
  return hub_->record(user);
}

std::vector<std::string> Inbound::users_here() {
  return hub_->users_receiving();
}

}  // namespace microframe::hub
