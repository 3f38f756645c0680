// BaseWebSocket and ChatBase: what an endpoint's class derives from.
// Threading: every method from any thread. The state (users, rooms) is the endpoint's: two routes
// share nothing. Before the object is given to a route there is nobody to talk to: methods then
// throw std::logic_error.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microframe/json.hpp"
#include "microframe/task.hpp"
#include "microframe/ws/ack.hpp"
#include "microframe/ws/join_result.hpp"
#include "microframe/ws/message.hpp"
#include "microframe/ws/room_record.hpp"
#include "microframe/ws/websocket.hpp"

namespace microframe::base {
class Frame;
}
namespace microframe::hub {
class Hub;
struct Exclusion;
}  // namespace microframe::hub

namespace microframe::ws {

class Endpoint;

// An endpoint that knows who is connected. Derive and write the hooks you need; none is virtual,
// the route finds them:
//   void on_connect(WebSocket& socket, const UserId& user);
//   void on_message(WebSocket& socket, const UserId& user, const Json& message);    or const
//   Message& for raw text and binary void on_binary(WebSocket& socket, const UserId& user,
//   std::span<const std::byte> bytes); void on_disconnect(WebSocket& socket, const UserId& user,
//   const DisconnectReason& reason); bool can_join(WebSocket& socket, const UserId& user, const
//   std::string& room);    whether a client may join by its own wish; without it none may void
//   on_join(WebSocket& socket, const UserId& user, const std::string& room); void
//   on_leave(WebSocket& socket, const UserId& user, const std::string& room); void
//   on_session_expired(WebSocket& socket, const UserId& user);    nobody came back
//   (WebSocket::resumed) void on_user_online(const UserId& user);     the user's first device has
//   come; not on its loop void on_user_offline(const UserId& user);    the last has gone, and no
//   session waits for one
// Each of the first eight may return Task<> and wait (can_join: Task<bool>); on_message may return
// Json or Task<Json>, which is sent back to `socket`. Hooks of one connection run one at a time, on
// its loop; hooks of different connections run at once on different loops.
class BaseWebSocket {
 public:
  // The users with at least one open connection, each once, sorted.
  std::vector<UserId> get_connected_users() const;
  bool is_connected(std::string_view user) const;
  // How many open connections the user has.
  std::size_t device_count(std::string_view user) const;
  // Open connections; a user with two devices counts twice.
  std::size_t connection_count() const;
  // Closes every device of `user` with 4409, which tells clients not to come back; its token still
  // lets the user in (Application::revoke does not). reason: UTF-8, cut to 123 bytes. returns: how
  // many there were.
  std::size_t disconnect(std::string_view user, std::string_view reason = "revoked");

  // Not for applications: the route of this object begins to serve.
  void speak_through(Endpoint& endpoint) { endpoint_ = &endpoint; }

 protected:
  BaseWebSocket() = default;
  explicit BaseWebSocket(Endpoint* endpoint) : endpoint_(endpoint) {}
  ~BaseWebSocket() = default;
  Endpoint& endpoint() const;

 private:
  Endpoint* endpoint_ = nullptr;
};

// Whom a broadcast leaves out: users, and at most one single device. Owns its names.
class Exclude {
 public:
  Exclude() = default;
  Exclude(std::initializer_list<std::string_view> users) : users_(users.begin(), users.end()) {}
  Exclude(std::vector<UserId> users) : users_(std::move(users)) {}
  // This device only: the user's others still receive.
  Exclude(const WebSocket& device) : device_(device) {}

  const std::vector<UserId>& users() const { return users_; }
  const std::optional<WebSocket>& device() const { return device_; }

 private:
  std::vector<UserId> users_;
  std::optional<WebSocket> device_;
};

// What a message is about, for rooms that keep only the newest of each key (WhenSlow::conflate):
// Key("EURUSD").
class Key {
 public:
  explicit Key(std::string value) : value_(std::move(value)) {}
  const std::string& value() const { return value_; }

 private:
  std::string value_;
};

// An endpoint with rooms and broadcasts.
class ChatBase : public BaseWebSocket {
 public:
  ChatBase() = default;
  // Not for applications, which ask WebSocket::chat().
  explicit ChatBase(Endpoint* endpoint) : BaseWebSocket(endpoint) {}

  // Sends to every connection of the endpoint, but those excluded.
  void broadcast(const Json& message, const Exclude& exclude = {});
  void broadcast(const Message& message, const Exclude& exclude = {});

  // Sends to every device of `user`. returns: whether there was one.
  bool send_to(std::string_view user, const Json& message);
  bool send_to(std::string_view user, const Message& message);

  // Sends to every device of each user, once however often a user is named. returns: how many of
  // the users were there.
  std::size_t send_to_many(std::span<const UserId> users, const Json& message);
  std::size_t send_to_many(std::span<const UserId> users, const Message& message);
  std::size_t send_to_many(std::initializer_list<UserId> users, const Json& message) {
    return send_to_many(std::span(users.begin(), users.size()), message);
  }

  // Sends to every member of `room`, but those excluded. returns: whether the room has any member.
  bool broadcast_to_room(std::string_view room, const Json& message, const Exclude& exclude = {});
  bool broadcast_to_room(std::string_view room, const Message& message,
                         const Exclude& exclude = {});

  // As broadcast_to_room, and of the messages with one key that wait for a slow member only the
  // newest is kept, if the room's options say so (Application::rooms); elsewhere the key means
  // nothing.
  bool broadcast_by_key(std::string_view room, const Key& key, const Json& message,
                        const Exclude& exclude = {});
  bool broadcast_by_key(std::string_view room, const Key& key, const Message& message,
                        const Exclude& exclude = {});

  // Puts every open device of `user`, or the one device, into `room`. A device leaves its rooms
  // when it closes; the user's other devices stay. For several devices the result is the best of
  // theirs.
  JoinResult join_room(std::string_view user, std::string_view room);
  JoinResult join_room(const WebSocket& device, std::string_view room);
  // returns: whether a device was in the room.
  bool leave_room(std::string_view user, std::string_view room);
  bool leave_room(const WebSocket& device, std::string_view room);

  // The users with a device in `room`, each once, sorted.
  std::vector<UserId> get_room_members(std::string_view room) const;
  // The messages of `room` after the offset `since`, at most `limit`, oldest first. Empty unless
  // the room keeps its messages (RoomOptions::history).
  std::vector<RoomMessage> history(std::string_view room, std::uint64_t since = 0,
                                   std::size_t limit = 100) const;
  // Who is in `room`, by user and device. Empty unless the room tells it (RoomOptions::presence).
  std::vector<RoomDevice> presence(std::string_view room) const;
  // Says of the device what others in `room` see of it: "away", a colour. meta: an object; kept in
  // memory. returns: whether the device is in the room, and the room tells who is.
  bool set_presence(const WebSocket& device, std::string_view room, const Json& meta);

  // Sends to every device of `user`, suspended ones too, and waits until each has handled it, or
  // `timeout` has passed. A client without microframe.v1 is sent the message as ever, and answers
  // not_supported. returns: what came of it, a device each, the oldest first; empty if there was
  // none.
  Task<std::vector<Ack>> send_acked(UserId user, Json message, std::chrono::milliseconds timeout);
  Task<Ack> send_acked(WebSocket device, Json message, std::chrono::milliseconds timeout);

  // The rooms any device of `user` is in, each once, sorted. Inside on_disconnect the closing
  // device's still count.
  std::vector<std::string> get_user_rooms(std::string_view user) const;

 private:
  static hub::Exclusion exclusion(const Exclude& exclude);
  hub::Hub& hub_of(const WebSocket& device) const;
  template <class Content>
  bool send_to_room(std::string_view room, std::string_view key, const Content& content,
                    const Exclude& exclude);
  std::size_t send_frame_to_many(std::span<const UserId> users, const base::Frame& frame);
};

}  // namespace microframe::ws
