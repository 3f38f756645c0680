#include "microframe/ws/chat_base.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

#include "hub/hub.hpp"
#include "ws/ack_wait.hpp"
#include "ws/answer_wait.hpp"
#include "ws/device_port.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/handling.hpp"
#include "ws/room_seal.hpp"

namespace microframe::ws {

Endpoint& BaseWebSocket::endpoint() const {
  if (!endpoint_) {
    throw std::logic_error(
        "this object serves no route yet: there is nobody to talk to before Application::run");
  }
  return *endpoint_;
}

std::vector<UserId> BaseWebSocket::get_connected_users() const {
  return endpoint().everywhere().users();
}
bool BaseWebSocket::is_connected(std::string_view user) const {
  return device_count(user) != 0;
}
std::size_t BaseWebSocket::device_count(std::string_view user) const {
  return endpoint().everywhere().devices(user);
}
std::size_t BaseWebSocket::connection_count() const {
  return endpoint().everywhere().connections();
}

std::size_t BaseWebSocket::disconnect(std::string_view user, std::string_view reason) {
  return endpoint().everywhere().disconnect(user, reason);
}

hub::Exclusion ChatBase::exclusion(const Exclude& exclude) {
  hub::Exclusion result;
  result.users = exclude.users();
  if (exclude.device())
    result.device = base::Ref<hub::Member>(&exclude.device()->device().member());
  return result;
}

void ChatBase::broadcast(const Content& message, const Exclude& exclude) {
  endpoint().everywhere().broadcast(endpoint().for_all(message), exclusion(exclude));
}

bool ChatBase::send_to(std::string_view user, const Content& message) {
  return endpoint().everywhere().send_to({user}, endpoint().for_all(message)) != 0;
}

std::size_t ChatBase::send_to_many(std::span<const UserId> users, const Content& message) {
  return endpoint().everywhere().send_to({users.begin(), users.end()}, endpoint().for_all(message));
}

namespace {

// Whatever message a hook handles meanwhile is answered once this one is stored.
hub::Everywhere::Appending appending(const Endpoint& endpoint, std::string_view room) {
  using Done = base::Result<hub::Broker::Appended, hub::Broker::Failure>;
  if (!endpoint.everywhere().appends(room)) return {};
  Handling* const handled = Handling::current();
  if (!handled) return {"", [](const Done&) {}};
  auto pending = std::make_shared<Handling::Pending>(handled->begin_pending());
  return {handled->next_key(), [pending](const Done& done) { pending->end(done.ok()); }};
}

}  // namespace

bool ChatBase::send_to_room(std::string_view room, std::string_view key, const Content& content,
                            const Exclude& exclude) {
  const Endpoint& from = endpoint();
  const RoomPost post{room, from.shedding(room, key), from.has_sessions()};
  const RoomSeal seal(content, post, from.session_counts());
  return from.everywhere().broadcast_to_room(room, seal, exclusion(exclude), appending(from, room));
}

bool ChatBase::broadcast_to_room(std::string_view room, const Content& message,
                                 const Exclude& exclude) {
  return send_to_room(room, {}, message, exclude);
}
bool ChatBase::broadcast_by_key(std::string_view room, const Key& key, const Content& message,
                                const Exclude& exclude) {
  return send_to_room(room, key.value(), message, exclude);
}

JoinResult ChatBase::join_room(std::string_view user, std::string_view room) {
  return endpoint().count(endpoint().everywhere().join_user(user, room), user);
}
JoinResult ChatBase::join_room(const WebSocket& device, std::string_view room) {
  const JoinResult result = hub_of(device).join(device.device().member(), room);
  // To write an address costs memory, so it is written only for a device that is refused.
  return ws::in_room(result) ? result : endpoint().count(result, device.remote_address());
}
bool ChatBase::leave_room(std::string_view user, std::string_view room) {
  return endpoint().everywhere().leave_user(user, room);
}
bool ChatBase::leave_room(const WebSocket& device, std::string_view room) {
  return hub_of(device).leave(device.device().member(), room);
}

// A device of another endpoint is a mistake of the caller, not a member here.
hub::Hub& ChatBase::hub_of(const WebSocket& device) const {
  if (&device.device().endpoint() != &endpoint()) {
    throw std::invalid_argument("the device is connected to another endpoint");
  }
  return endpoint().hub();
}

std::vector<UserId> ChatBase::get_room_members(std::string_view room) const {
  return endpoint().everywhere().room_members(room);
}
std::vector<std::string> ChatBase::get_user_rooms(std::string_view user) const {
  return endpoint().everywhere().user_rooms(user);
}

std::size_t ChatBase::room_size(std::string_view room) const {
  return endpoint().everywhere().room_size(room);
}
bool ChatBase::is_in_room(std::string_view user, std::string_view room) const {
  return endpoint().everywhere().is_in_room(user, room);
}
bool ChatBase::is_in_room(const WebSocket& device, std::string_view room) const {
  return hub_of(device).is_in_room(device.user(), room, &device.device().member());
}
std::vector<std::string> ChatBase::rooms() const {
  return endpoint().everywhere().rooms();
}

std::vector<RoomMessage> ChatBase::history(std::string_view room, std::uint64_t since,
                                           std::size_t limit) const {
  std::vector<RoomMessage> messages;
  for (const auto& entry : endpoint().hub().history(room, since, limit))
    messages.push_back(to_room_message(entry.frame, entry.offset));
  return messages;
}

Task<std::optional<std::vector<RoomMessage>>> ChatBase::read_history(std::string room,
                                                                     std::uint64_t since,
                                                                     std::size_t limit) const {
  using Messages = std::optional<std::vector<RoomMessage>>;
  const hub::Everywhere& everywhere = endpoint().everywhere();
  if (!everywhere.appends(room)) co_return history(room, since, limit);
  AnswerWait<Messages> wait([&](const auto& told) {
    everywhere.read_log(room, since, limit, [told](const auto& kept) {
      if (!kept) return told(std::nullopt);
      Messages messages(std::in_place);
      for (const auto& one : *kept) messages->emplace_back(one.offset, one.binary, one.content);
      told(std::move(messages));
    });
  });
  co_return co_await wait;
}

std::vector<RoomDevice> ChatBase::presence(std::string_view room) const {
  std::vector<RoomDevice> devices;
  for (const auto& [user, entries] : endpoint().everywhere().presence(room)) {
    for (const auto& entry : entries) devices.emplace_back(user, entry.id, entry.meta);
  }
  return devices;
}

bool ChatBase::set_presence(const WebSocket& device, std::string_view room, const Json& meta) {
  return hub_of(device).set_presence(device.device().member(), room, meta);
}

Task<std::vector<Ack>> ChatBase::send_acked(UserId user, Json message,
                                            std::chrono::milliseconds timeout) {
  AckWait wait(endpoint().hub().members_of(user), std::move(message), timeout);
  if (Inquiries* const others = endpoint().inquiries()) wait.ask_elsewhere(*others, user);
  co_await wait;
  co_return wait.take();
}

Task<Ack> ChatBase::send_acked(WebSocket device, Json message, std::chrono::milliseconds timeout) {
  std::vector<base::Ref<hub::Member>> members;
  members.emplace_back(&device.device().member());
  AckWait wait(std::move(members), std::move(message), timeout);
  co_await wait;
  auto acks = wait.take();
  if (acks.empty()) acks.emplace_back(device, AckStatus::disconnected);
  co_return std::move(acks.front());
}

// Defined here, because handles know no endpoint.
ChatBase WebSocket::chat() const {
  return ChatBase(&device_->endpoint());
}

}  // namespace microframe::ws
