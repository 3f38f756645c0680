// expect: nothing
#include <microframe/microframe.hpp>
using namespace microframe;

// Every form of every hook that is allowed.
class Plain : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket&, const ws::UserId&) {}
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) { return message; }
  void on_binary(ws::WebSocket&, const ws::UserId&, std::span<const std::byte>) {}
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason&) {}
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
  void on_join(ws::WebSocket&, const ws::UserId&, const std::string&) {}
  void on_leave(ws::WebSocket&, const ws::UserId&, const std::string&) {}
  void on_session_expired(ws::WebSocket&, const ws::UserId&) {}
  void on_user_online(const ws::UserId&) {}
  void on_user_offline(const ws::UserId&) {}
};
class Waiting : public ws::BaseWebSocket {
 public:
  Task<> on_connect(ws::WebSocket&, const ws::UserId&) { co_return; }
  Task<Json> on_message(ws::WebSocket&, const ws::UserId&, const ws::Message&) { co_return Json(1); }
  Task<> on_binary(ws::WebSocket&, const ws::UserId&, std::span<const std::byte>) { co_return; }
  Task<> on_disconnect(ws::WebSocket&, const ws::UserId&) { co_return; }
  Task<bool> can_join(ws::WebSocket&, const ws::UserId&, std::string room) { co_return room != "x"; }
  Task<> on_join(ws::WebSocket&, const ws::UserId&, const std::string&) { co_return; }
  Task<> on_session_expired(ws::WebSocket&, const ws::UserId&) { co_return; }
};
class Inherited : public Plain {};
class ByValue : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, ws::UserId user, Json message) { broadcast({{"from", user}, {"m", message}}, {socket.user()}); }
};

void use(Application& app, const authx::AuthConfig& auth, authx::AuthManager& users) {
  app.route<Plain>("/a", auth);
  app.route<Waiting>("/b", auth, users);
  app.route<Inherited>("/c", auth);
  app.route<ByValue>("/d", auth);
  app.add(WebSocketRoute("/e", std::make_unique<Plain>(), auth).subprotocols({"v1"}));
}
