// ReadyChat: the chat that `microframe serve` offers at /ws/chat, with the messages of the chat guide
// (docs/reference/chat.md).
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "microframe/ws.hpp"

namespace microframe::app {

// Any thread, as every endpoint.
class ReadyChat : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId& user);
  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message);
  void on_disconnect(ws::WebSocket& socket, const ws::UserId& user, const ws::DisconnectReason& reason);

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

  // returns: whether it is the user's first device, and whether it was the last.
  bool count_in(const ws::UserId& user);
  bool count_out(const ws::UserId& user);
  bool in_room(const ws::WebSocket& socket, std::string_view room) const;
  bool user_in(std::string_view room, const ws::UserId& user) const;

  // Devices between their on_connect and the end of their on_disconnect. device_count() will not do here: of
  // two devices that come at once on two loops each counts the other already, and neither would be the first.
  std::mutex devices_mutex_;
  std::unordered_map<ws::UserId, std::size_t> devices_;
};

}  // namespace microframe::app
