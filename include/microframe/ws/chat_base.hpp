// BaseWebSocket and ChatBase: what an endpoint's class derives from.
// Threading: every method from any thread. The state (users, rooms) belongs to the endpoint: two
// routes share nothing. Until the object is given to a route it has no connections, and its
// methods throw std::logic_error.
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
#include "microframe/ws/content.hpp"
#include "microframe/ws/join_result.hpp"
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

// An endpoint that knows who is connected. Derive from it and write the hooks that you need. No
// hook is virtual: the route finds each one by its name and arguments. Only on_message is required.
//
//   returns  hook                arguments  called when
//   -------  ------------------  ---------  ----------------------------------------------------
//   void     on_connect          S, U       a device has connected, or has resumed its session
//   void     on_message          S, U, M    a message has come
//   void     on_binary           S, U, B    a binary message has come, if on_message takes Json
//   void     on_disconnect       S, U, D    the connection has ended; once per on_connect
//   bool     can_join            S, U, R    the client asks to join a room; without this hook no
//                                           client can join a room by itself
//   void     on_join             S, U, R    the device has joined a room
//   void     on_leave            S, U, R    the device has left a room
//   void     on_session_expired  S, U       no client came back to resume the session
//   void     on_user_online      U          the user's first device has come
//   void     on_user_offline     U          the user's last device has gone, and no session
//                                           waits for one
//
//   S  ws::WebSocket& socket                  M  const Json& message, or
//   U  const ws::UserId& user                    const ws::Message& message (raw text or binary)
//   R  const std::string& room                D  const ws::DisconnectReason& reason,
//   B  std::span<const std::byte> bytes          which may be left out
//
// A hook that takes a socket may also be a coroutine that returns Task<> (can_join: Task<bool>).
// on_message and on_binary may also return Json or Task<Json>, which is sent back to `socket`.
// The hooks of one connection run one at a time, on its loop; hooks of different connections run
// at once, on different loops. on_user_online and on_user_offline run in order per user, on a loop
// that need not be the connection's.
class BaseWebSocket {
 public:
  // The users with at least one open connection, each once, sorted.
  std::vector<UserId> get_connected_users() const;
  bool is_connected(std::string_view user) const;
  // The number of open connections of `user`.
  std::size_t device_count(std::string_view user) const;
  // The number of open connections; a user with two devices counts twice.
  std::size_t connection_count() const;
  // Closes every device of `user` with 4409, which tells clients not to come back. The user's
  // token stays valid (Application::revoke refuses it).
  // reason:  UTF-8, cut to 123 bytes.
  // returns: the number of devices closed.
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

// Whom a broadcast leaves out: users, and at most one single device. Owns the names.
class Exclude {
 public:
  Exclude() = default;
  Exclude(std::initializer_list<std::string_view> users) : users_(users.begin(), users.end()) {}
  Exclude(std::vector<UserId> users) : users_(std::move(users)) {}
  // This device only: the user's other devices still receive the message.
  Exclude(const WebSocket& device) : device_(device) {}

  const std::vector<UserId>& users() const { return users_; }
  const std::optional<WebSocket>& device() const { return device_; }

 private:
  std::vector<UserId> users_;
  std::optional<WebSocket> device_;
};

// What a message is about, for rooms that keep only the newest message of each key
// (WhenSlow::conflate): Key("EURUSD").
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

  // Sends to every connection of the endpoint, except those excluded.
  void broadcast(const Content& message, const Exclude& exclude = {});

  // Sends to every device of `user`.
  // returns: whether there was one.
  bool send_to(std::string_view user, const Content& message);

  // Sends to every device of each user, once, however often a user is named.
  // returns: the number of named users who had a device.
  std::size_t send_to_many(std::span<const UserId> users, const Content& message);
  std::size_t send_to_many(std::initializer_list<UserId> users, const Content& message) {
    return send_to_many(std::span(users.begin(), users.size()), message);
  }

  // Sends to every member of `room`, except those excluded.
  // returns: whether the room has any member.
  bool broadcast_to_room(std::string_view room, const Content& message,
                         const Exclude& exclude = {});

  // As broadcast_to_room. If the room's options say so (Application::rooms), only the newest of
  // the messages with this key that wait for a slow member is kept; in other rooms the key means
  // nothing.
  bool broadcast_by_key(std::string_view room, const Key& key, const Content& message,
                        const Exclude& exclude = {});

  // Puts every open device of `user`, or the one device, into `room`. A device leaves its rooms
  // when it closes; the user's other devices stay.
  // returns: what came of it; for several devices, the best of their results.
  JoinResult join_room(std::string_view user, std::string_view room);
  JoinResult join_room(const WebSocket& device, std::string_view room);
  // Takes every device of `user`, or the one device, out of `room`.
  // returns: whether a device was in the room.
  bool leave_room(std::string_view user, std::string_view room);
  bool leave_room(const WebSocket& device, std::string_view room);

  // The users with a device in `room`, each once, sorted.
  std::vector<UserId> get_room_members(std::string_view room) const;
  // The number of users whom get_room_members() names, on all nodes of a cluster.
  std::size_t room_size(std::string_view room) const;
  // Whether a device of `user`, on any node of a cluster, or the one device is in `room`. Inside
  // on_disconnect, the closing device is still in its rooms.
  bool is_in_room(std::string_view user, std::string_view room) const;
  bool is_in_room(const WebSocket& device, std::string_view room) const;
  // The rooms with at least one member, each once, sorted, on all nodes of a cluster. Every room is
  // looked at: do not call rooms() for each message. WebSocket::rooms() returns those of one device.
  std::vector<std::string> rooms() const;
  // The messages of `room` after the offset `since`, at most `limit` of them, oldest first.
  // returns: empty unless the room keeps its messages (RoomOptions::history).
  std::vector<RoomMessage> history(std::string_view room, std::uint64_t since = 0,
                                   std::size_t limit = 100) const;
  // The same over a cluster, whose broker has what rooms keep: history() knows there of the rooms that
  // have members on this node, as far as they have heard.
  // returns: nullopt if the broker has not answered within two seconds.
  Task<std::optional<std::vector<RoomMessage>>> read_history(std::string room,
                                                             std::uint64_t since = 0,
                                                             std::size_t limit = 100) const;
  // Who is in `room`, by user and device.
  // returns: empty unless the room tells presence (RoomOptions::presence).
  std::vector<RoomDevice> presence(std::string_view room) const;
  // Sets what other members of `room` see of the device: "away", a colour.
  // meta:    an object, kept in memory.
  // returns: whether the device is in the room and the room tells presence.
  bool set_presence(const WebSocket& device, std::string_view room, const Json& meta);

  // Sends to every device of `user`, including suspended ones, and waits until each has handled
  // the message or `timeout` has passed. A client without microframe.v1 gets the message as
  // usual, and its status is not_supported. A node of a cluster that does not answer is waited for
  // a second longer.
  // returns: one Ack per device, this node's first and of these the oldest first; empty if there
  //          was no device.
  Task<std::vector<Ack>> send_acked(UserId user, Json message, std::chrono::milliseconds timeout);
  Task<Ack> send_acked(WebSocket device, Json message, std::chrono::milliseconds timeout);

  // The rooms that any device of `user` is in, each once, sorted. Inside on_disconnect, the rooms
  // of the closing device are still included.
  std::vector<std::string> get_user_rooms(std::string_view user) const;

 private:
  static hub::Exclusion exclusion(const Exclude& exclude);
  hub::Hub& hub_of(const WebSocket& device) const;
  bool send_to_room(std::string_view room, std::string_view key, const Content& content,
                    const Exclude& exclude);
};

}  // namespace microframe::ws
