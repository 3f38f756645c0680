// ReadyChat: the chat that `microframe serve` offers at /ws/chat, with the messages of the chat guide
// (docs/reference/chat.md).
#pragma once

#include <string>
#include <string_view>

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

  bool in_room(const ws::WebSocket& socket, std::string_view room) const;
  bool user_in(std::string_view room, const ws::UserId& user) const;
};

}  // namespace microframe::app
