// ReadyChat: the chat that `microframe serve` offers at /ws/chat, with the messages of the chat
// guide (docs/reference/chat.md).
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/room_options.hpp"
#include "microframe/ws.hpp"

namespace microframe::cli {

// Any thread, as every endpoint.
class ReadyChat : public ws::ChatBase {
 public:
  // What its rooms are meant to have: clients of microframe.v1 get what they missed, and who is
  // there.
  static RoomOptions room_options();

  void on_connect(ws::WebSocket& socket, const ws::UserId& user);
  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message);
  bool can_join(ws::WebSocket& socket, const ws::UserId& user, const std::string& room);
  void on_join(ws::WebSocket& socket, const ws::UserId& user, const std::string& room);
  void on_leave(ws::WebSocket& socket, const ws::UserId& user, const std::string& room);
  void on_user_online(const ws::UserId& user);
  void on_user_offline(const ws::UserId& user);

 private:
  using Handler = void (ReadyChat::*)(ws::WebSocket&, const Json&);
  struct Entry {
    std::string_view type;
    Handler handler;
  };
  static const Entry kHandlers[];

  void chat_message(ws::WebSocket& socket, const Json& message);
  void join(ws::WebSocket& socket, const Json& message);
  void leave(ws::WebSocket& socket, const Json& message);
  void room_message(ws::WebSocket& socket, const Json& message);
  void private_message(ws::WebSocket& socket, const Json& message);
  void typing(ws::WebSocket& socket, const Json& message);
  void refresh(ws::WebSocket& socket, const Json& message);

  // To the users in the room but `user`, to none of whom it matters later: it is not kept with the
  // messages.
  void tell(const std::string& room, const ws::UserId& user, const Json& message);
  bool in_room(const ws::WebSocket& socket, std::string_view room) const;

  // A user's devices in a room, between their on_join and on_leave. get_room_members() will not do
  // here: of two devices that come at once on two loops each finds the other already, and neither
  // would be the first.
  std::mutex devices_mutex_;
  std::map<std::pair<std::string, ws::UserId>, std::size_t> devices_;
};

}  // namespace microframe::cli
