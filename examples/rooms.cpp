// Rooms, private messages and typing: the chat guide's advanced example.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32)
//   build/release/examples/rooms

#include <microframe/microframe.hpp>
using namespace microframe;

class RoomChat : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId& user) {
    socket.send({{"type", "welcome"}, {"user_id", user}, {"online", connection_count()}});
    broadcast({{"type", "user_joined"}, {"user_id", user}}, socket);  // to all devices but this one
  }

  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    const std::string type = text(message, "type");
    if (type == "join_room") {
      const std::string room = text(message, "room");
      if (!in_room(join_room(socket, room))) throw BadMessage("this room cannot be joined");
      socket.send(
          {{"type", "joined_room"}, {"room", room}, {"members", array_of(get_room_members(room))}});
      broadcast_to_room(room, {{"type", "user_joined_room"}, {"room", room}, {"user_id", user}},
                        {user});
    } else if (type == "leave_room") {
      const std::string room = text(message, "room");
      if (leave_room(socket, room)) {
        broadcast_to_room(room, {{"type", "user_left_room"}, {"room", room}, {"user_id", user}});
      }
    } else if (type == "room_message") {
      broadcast_to_room(
          text(message, "room"),
          {{"type", "room_message"}, {"from", user}, {"text", text(message, "text")}});
    } else if (type == "private_message") {
      const bool delivered =
          send_to(text(message, "to"),
                  {{"type", "private_message"}, {"from", user}, {"text", text(message, "text")}});
      socket.send({{"type", "private_message_sent"}, {"delivered", delivered}});
    } else if (type == "typing") {
      broadcast_to_room(text(message, "room"), {{"type", "user_typing"}, {"user_id", user}},
                        {user});
    } else {
      throw BadMessage("unknown type");  // an error reply; the connection stays open
    }
  }

  void on_disconnect(ws::WebSocket& socket, const ws::UserId& user, const ws::DisconnectReason&) {
    for (const std::string& room : socket.rooms()) {
      broadcast_to_room(room, {{"type", "user_left_room"}, {"room", room}, {"user_id", user}});
    }
    if (!is_connected(user)) broadcast({{"type", "user_left"}, {"user_id", user}});
  }
};

int main() {
  Application app;
  app.route<RoomChat>("/ws/chat", authx::AuthConfig{env("MICROFRAME_SECRET")});
  return app.run("127.0.0.1:8000");
}
