#include "faults/stage.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

namespace test {

using namespace microframe;
using namespace std::chrono_literals;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

// --- the client ---

unsigned Talk::status() {
  const unsigned status = raw.read_status();
  if (status == 0) throw Ended();
  return status;
}

void Talk::say(std::string_view text) {
  if (!raw.send_text(text)) throw Ended();
}

std::string Talk::hear(std::string_view words) {
  while (true) {
    Received received = raw.read_frame();
    if (received.first == 0 || received.is_close()) throw Ended();
    if (received.payload.find(words) != std::string::npos) return std::move(received.payload);
  }
}

unsigned Talk::close_code() {
  const unsigned code = raw.read_close();
  raw.send_close();
  raw.at_end();
  return code;
}

// --- the endpoints ---

// Counts its connections.
class Desk : public ws::ChatBase {
 public:
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};

  void on_connect(ws::WebSocket&, const ws::UserId&) { ++connects; }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects; }
};

namespace {

// Does what its messages ask for.
class Commands : public Desk {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    const std::string verb = microframe::text(message, "do");
    const std::string room = text_or(message, "room", "r");
    const std::string to = text_or(message, "to", user);
    if (verb == "join") join_room(socket, room);
    if (verb == "leave") leave_room(socket, room);
    if (verb == "join_user") join_room(to, room);
    if (verb == "leave_user") leave_room(to, room);
    if (verb == "room") broadcast_to_room(room, {{"said", to}}, {user});
    if (verb == "all") broadcast({{"said", to}}, {user});
    if (verb == "user") send_to(to, {{"said", user}});
    if (verb == "many") send_to_many({to, user}, {{"said", user}});
    if (verb == "close") return socket.close(4000, "as you wish");
    if (verb == "throw") throw std::runtime_error("the hook's own");
    if (verb == "flood") {
      for (int i = 0; i < 64; ++i) socket.send(ws::Message::text(std::string(256 * 1024, 'x')));
    }
    if (verb == "token") socket.refresh_token(microframe::text(message, "token"));
    socket.send({{"done", verb}});
  }
};

class Echo : public Desk {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    return {{"done", message}};
  }
  void on_binary(ws::WebSocket& socket, const ws::UserId&, std::span<const std::byte> bytes) {
    socket.send_binary(bytes);
    socket.send({{"done", "binary"}});
  }
};

class Raw : public Desk {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    socket.send_text("done " + std::string(message.content().substr(0, 20)));
  }
};

// Its hooks count before their coroutines begin, because a coroutine may fail for lack of memory.
class Waits : public Desk {
 public:
  Task<> on_connect(ws::WebSocket& socket, const ws::UserId&) {
    ++connects;
    return welcome(socket);
  }
  Task<Json> on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    co_await sleep_for(1ms);
    auto work = offload([] { return 42; });
    const int answer = co_await work;
    Json reply = {{"done", message}, {"answer", answer}};
    co_return reply;
  }
  Task<> on_disconnect(ws::WebSocket&, const ws::UserId&) {
    ++disconnects;
    return wait();
  }

 private:
  static Task<> welcome(ws::WebSocket& socket) {
    co_await sleep_for(1ms);
    socket.send({{"welcome", true}});
  }
  static Task<> wait() { co_await sleep_for(1ms); }
};

// An endpoint for clients of microframe.v1, which has every hook of sessions.
class Sessions : public Desk {
 public:
  Task<Json> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const std::string verb = microframe::text(message, "do");
    Json reply = {{"done", verb}};
    if (verb == "room") broadcast_to_room("kept", reply);
    if (verb == "away") set_presence(socket, "kept", reply);
    if (verb == "close") socket.close(4000, "as you wish");
    if (verb == "throw") throw std::runtime_error("the hook's own");
    if (verb == "ask") {
      auto asked = send_acked(socket, reply, 10ms);
      const ws::Ack ack = co_await asked;
      reply.as_object()["status"] = ws::to_string(ack.status);
    }
    co_return reply;
  }
  void on_binary(ws::WebSocket& socket, const ws::UserId&, std::span<const std::byte> bytes) {
    socket.send_binary(bytes);
  }
  Task<bool> can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    co_await sleep_for(1ms);
    co_return room != "closed";
  }
  void on_join(ws::WebSocket& socket, const ws::UserId&, const std::string& room) {
    socket.send({{"in", room}});
  }
  void on_leave(ws::WebSocket& socket, const ws::UserId&, const std::string& room) {
    socket.send({{"out_of", room}});
  }
  void on_session_expired(ws::WebSocket&, const ws::UserId&) {}
  void on_user_online(const ws::UserId&) {}
  void on_user_offline(const ws::UserId&) {}
};

}  // namespace

// Knows every user except "nobody", and throws for "broken".
class Stage::Users : public authx::AuthManager {
 public:
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    co_await sleep_for(1ms);
    if (id == "broken") throw std::runtime_error("the database is down");
    if (id == "nobody") co_return std::nullopt;
    co_return authx::User(id, id + "@app.example");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

// --- the stage ---

Stage::Stage() : app(std::make_unique<Application>()), users_(std::make_unique<Users>()) {
  app->admin("public");
  Limits limits;
  limits.closing_time = 200ms;
  limits.devices_per_user_max = 2;
  limits.message_bytes_max = limits.outbox_bytes_max = 256 * 1024;
  limits.messages_burst = 50;
  limits.overrun_time = 0ms;
  limits.handshakes_per_address_per_second = limits.handshakes_per_user_per_second = 1e6;
  limits.session_ttl = 50ms;
  Compression compression;
  compression.context_takeover = true;
  compression.threshold_bytes = 1 << 20;  // our clients do not inflate
  desks_ = {&app->route<Commands>("/ws", auth_),
            &app->route<Echo>("/echo", auth_),
            &app->route<Raw>("/raw", auth_),
            &app->route<Waits>("/waits", auth_),
            &app->route<Echo>("/users", auth_, *users_),
            &app->route<Sessions>("/sessions", auth_)};
  authx::AuthConfig by_http = auth_;
  by_http.auth_refusal = authx::AuthRefusal::http;
  desks_.push_back(&app->route<Echo>("/http", by_http));
  app->page("/page", "text/plain", "a page\n");
  app->rooms("kept", RoomOptions().history(10, 20ms).presence());
  app->rooms("r", RoomOptions().coalesce(1ms));
  app->limits(limits).threads(2).compression(compression);
  app->start("127.0.0.1:0");
  check_healthy();
  // What is left once the descriptor of the last connection is closed too, which may take a while.
  descriptors_ = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    std::this_thread::sleep_for(1ms);
    descriptors_ = std::min(descriptors_, open_descriptors());
  }
  settle();
}

Stage::~Stage() = default;

std::string Stage::token(std::string_view user, std::chrono::seconds ttl) const {
  return authx::create_access_token(auth_, user, authx::TokenOptions().ttl(ttl));
}

std::string Stage::request(std::string_view user, const std::string& path) const {
  return upgrade_request(path + "?token=" + token(user));
}

Talk Stage::enter(std::string_view user, const std::string& path) const {
  Talk made = connect();
  if (!made.raw.send(request(user, path)) || made.status() != 101) throw Ended();
  return made;
}

std::string Stage::leftover() const {
  if (const std::size_t now = open_descriptors(); now > descriptors_)
    return std::to_string(now - descriptors_) + " descriptors are left open";
  for (const Desk* desk : desks_) {
    if (desk->connects != desk->disconnects) {
      return std::to_string(desk->connects) + " connects and " + std::to_string(desk->disconnects) +
             " disconnects";
    }
    if (desk->connection_count() != 0 || !desk->get_connected_users().empty())
      return "connections are left";
    for (const char* room : {"r", "kept"}) {
      if (!desk->get_room_members(room).empty()) return "members are left";
    }
    if (!desk->get_user_rooms("alice").empty()) return "rooms are left";
  }
  return {};
}

void Stage::settle() {
  const auto until = std::chrono::steady_clock::now() + 10s;
  std::string left = leftover();
  while (!left.empty()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error(left);
    std::this_thread::sleep_for(200us);
    left = leftover();
  }
}

void Stage::check_healthy() {
  Talk alice = enter("healthy", "/ws");
  alice.ask(R"({"do":"join"})");
  alice.ask(R"({"do":"leave"})");
  alice.raw.send_close();
  if (alice.close_code() != 1000) throw std::runtime_error("the closing handshake failed");
}

void Stage::settle_sessions() {
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (true) {
    Talk made = connect();
    made.raw.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    if (made.raw.read_all().find("\nmicroframe_sessions 0\n") != std::string::npos) return;
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("sessions are left");
  }
}

}  // namespace test
