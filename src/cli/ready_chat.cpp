#include "cli/ready_chat.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace microframe::cli {
namespace {

// The room that everyone is in, from the first moment to the last.
const std::string kEveryone = "everyone";
constexpr std::size_t kMessagesKept = 100;
constexpr std::chrono::minutes kMessagesAge{5};

// ISO 8601, UTC, milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = since / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(since % 1000));
  return text;
}

std::string now() {
  return timestamp(std::chrono::system_clock::now());
}

std::string room_of(const Json& message) {
  return text(message, "room");
}

}  // namespace

const ReadyChat::Entry ReadyChat::kHandlers[] = {
    {"chat", &ReadyChat::chat_message},
    {"chat_message", &ReadyChat::chat_message},
    {"join_room", &ReadyChat::join},
    {"leave_room", &ReadyChat::leave},
    {"room_message", &ReadyChat::room_message},
    {"private_message", &ReadyChat::private_message},
    {"typing", &ReadyChat::typing},
    {"refresh_token", &ReadyChat::refresh},
};

RoomOptions ReadyChat::room_options() {
  return RoomOptions().history(kMessagesKept, kMessagesAge).presence();
}

void ReadyChat::on_connect(ws::WebSocket& socket, const ws::UserId& user) {
  if (socket.resumed()) return;  // it has its rooms, and was never gone
  join_room(socket, kEveryone);
  auto rooms = get_user_rooms(user);
  std::erase(rooms, kEveryone);
  socket.send({{"type", "welcome"},
               {"user_id", user},
               {"users", array_of(get_room_members(kEveryone))},
               {"rooms", array_of(rooms)}});
}

void ReadyChat::on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
  const std::string type = text(message, "type");
  const auto* entry = std::find_if(std::begin(kHandlers), std::end(kHandlers),
                                   [&](const Entry& e) { return e.type == type; });
  if (entry == std::end(kHandlers)) throw BadMessage("there is no message of that type");
  (this->*entry->handler)(socket, message);
}

bool ReadyChat::can_join(ws::WebSocket&, const ws::UserId&, const std::string&) {
  return true;
}

void ReadyChat::on_join(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
  if (room == kEveryone) return;  // on_user_online tells it
  {
    const std::lock_guard lock(devices_mutex_);
    if (++devices_[{room, user}] != 1) return;
  }
  tell(room, user, {{"type", "user_joined_room"}, {"room", room}, {"user_id", user}});
}

void ReadyChat::on_leave(ws::WebSocket&, const ws::UserId& user, const std::string& room) {
  if (room == kEveryone) return;
  {
    const std::lock_guard lock(devices_mutex_);
    const auto entry = devices_.find({room, user});
    if (--entry->second != 0) return;
    devices_.erase(entry);
  }
  tell(room, user, {{"type", "user_left_room"}, {"room", room}, {"user_id", user}});
}

void ReadyChat::on_user_online(const ws::UserId& user) {
  broadcast({{"type", "user_joined"}, {"user_id", user}}, {user});
}

void ReadyChat::on_user_offline(const ws::UserId& user) {
  broadcast({{"type", "user_left"}, {"user_id", user}});
}

void ReadyChat::chat_message(ws::WebSocket& socket, const Json& message) {
  broadcast_to_room(kEveryone, {{"type", "chat_message"},
                                {"from", socket.user()},
                                {"text", text(message, "text")},
                                {"timestamp", now()}});
}

void ReadyChat::join(ws::WebSocket& socket, const Json& message) {
  const std::string room = room_of(message);
  const ws::JoinResult result = join_room(socket, room);
  if (!ws::in_room(result)) {
    const bool name = result == ws::JoinResult::name_invalid;
    socket.send({{"error", name ? "room_name_invalid" : "too_many_rooms"},
                 {"detail", "the room was not joined"}});
    return;
  }
  socket.send(
      {{"type", "joined_room"}, {"room", room}, {"members", array_of(get_room_members(room))}});
}

void ReadyChat::leave(ws::WebSocket& socket, const Json& message) {
  const std::string room = room_of(message);
  if (room == kEveryone) throw BadMessage("nobody leaves that room");
  if (!leave_room(socket, room)) throw BadMessage("you are not in that room");
  socket.send({{"type", "left_room"}, {"room", room}});
}

void ReadyChat::room_message(ws::WebSocket& socket, const Json& message) {
  const std::string room = room_of(message);
  if (!in_room(socket, room)) throw BadMessage("you are not in that room");
  broadcast_to_room(room, {{"type", "room_message"},
                           {"room", room},
                           {"from", socket.user()},
                           {"text", text(message, "text")},
                           {"timestamp", now()}});
}

void ReadyChat::private_message(ws::WebSocket& socket, const Json& message) {
  const std::string to = text(message, "to");
  const std::string content = text(message, "text");
  const std::string when = now();
  const bool delivered = send_to(to, {{"type", "private_message"},
                                      {"from", socket.user()},
                                      {"text", content},
                                      {"timestamp", when}});
  socket.send({{"type", "private_message_sent"},
               {"to", to},
               {"text", content},
               {"delivered", delivered},
               {"timestamp", when}});
}

// To the user named in "to", else to the room named in "room", else to everyone; never back to the
// sender.
void ReadyChat::typing(ws::WebSocket& socket, const Json& message) {
  const Json* flag = message.as_object().if_contains("typing");
  if (flag && !flag->is_bool()) throw BadMessage("\"typing\" must be true or false");
  boost::json::object out = {
      {"type", "user_typing"}, {"user_id", socket.user()}, {"typing", !flag || flag->get_bool()}};
  if (message.get_object().contains("to")) {
    out.emplace("private", true);
    send_to(text(message, "to"), Json(std::move(out)));
  } else if (message.get_object().contains("room")) {
    const std::string room = room_of(message);
    if (!in_room(socket, room)) throw BadMessage("you are not in that room");
    out.emplace("room", Json(room));
    tell(room, socket.user(), Json(std::move(out)));
  } else {
    broadcast(Json(std::move(out)), {socket.user()});
  }
}

void ReadyChat::refresh(ws::WebSocket& socket, const Json& message) {
  if (!socket.refresh_token(text(message, "token")))
    throw BadMessage("the token is not good, or is another user's");
  socket.send({{"type", "token_refreshed"}, {"expires", timestamp(socket.expires())}});
}

void ReadyChat::tell(const std::string& room, const ws::UserId& user, const Json& message) {
  auto members = get_room_members(room);
  std::erase(members, user);
  send_to_many(members, message);
}

bool ReadyChat::in_room(const ws::WebSocket& socket, std::string_view room) const {
  const auto rooms = socket.rooms();
  return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
}

}  // namespace microframe::cli
