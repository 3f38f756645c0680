// HTTP beside the sockets: a login that sets a cookie, a webhook, a back office on an address of its own.
//   export MICROFRAME_SECRET=$(openssl rand -hex 32) HOOK_KEY=$(openssl rand -hex 32)
//   build/release/examples/http

#include <microframe/microframe.hpp>
using namespace microframe;

class Chat : public ws::ChatBase {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId& user, const Json& message) {
    return {{"from", user}, {"text", text(message, "text")}};
  }
};

int main() {
  Application app;
  authx::AuthConfig auth{env("MICROFRAME_SECRET")};
  Chat& chat = app.route<Chat>("/ws/chat", auth);

  // Anybody may ask. A body that is no JSON, or has no "password", is answered with 400.
  app.post("/login", [auth](const HttpRequest& request) -> HttpResponse {
    const Json body = request.json();
    const std::string user = text(body, "user");
    if (text(body, "password") != "open sesame") throw authx::CredentialsException();  // 401
    HttpResponse response = HttpResponse::json({{"user", user}});
    response.set_cookie(Cookie("access_token", authx::create_access_token(auth, user)));
    return response;
  });

  // Only with a good token, in the cookie for example.
  app.get("/rooms/{room}", auth, [&chat](const HttpRequest& request) -> Json {
    const std::string& room = request.parameter("room");
    return {{"room", room}, {"members", array_of(chat.get_room_members(room))}};
  });

  // What another server sends: everybody who is connected hears of it.
  app.post("/hooks/deploy", [&chat](const HttpRequest& request) -> Task<HttpResponse> {
    if (request.header("X-Hook-Key") != env("HOOK_KEY")) throw authx::CredentialsException();
    const Json body = request.json();
    co_await sleep_for(std::chrono::milliseconds(10));  // or a database
    chat.broadcast({{"deployed", text(body, "version")}});
    HttpResponse done(204);
    co_return done;
  });

  // The operator's: /metrics, /healthz and /readyz are there too.
  app.admin("127.0.0.1:9000")
      .get("/users",
           [&chat](const HttpRequest&) -> Json { return array_of(chat.get_connected_users()); })
      .del("/users/{user}", [&app](const HttpRequest& request) -> Json {
        return {{"closed", app.revoke(request.parameter("user"))}};
      });

  return app.run("127.0.0.1:8000");
}
