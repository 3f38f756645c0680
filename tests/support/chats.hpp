// Endpoints that many tests need: one that sends each message back, one that keeps handles, one that
// takes its time, one that takes fresh tokens.
#pragma once

#include <atomic>
#include <chrono>
#include <vector>

#include "microframe/microframe.hpp"

namespace test {

class EchoChat : public microframe::ws::ChatBase {
 public:
  std::atomic<int> connects{0};
  std::atomic<int> messages{0};
  std::atomic<int> disconnects{0};
  std::atomic<bool> was_revoked{false};  // the last who went
  void on_connect(microframe::ws::WebSocket&, const microframe::ws::UserId&) { ++connects; }
  void on_message(microframe::ws::WebSocket& socket, const microframe::ws::UserId&,
                  const microframe::ws::Message& message) {
    ++messages;
    socket.send(message);
  }
  void on_disconnect(microframe::ws::WebSocket&, const microframe::ws::UserId&,
                     const microframe::ws::DisconnectReason& reason) {
    was_revoked = reason.cause == microframe::ws::DisconnectCause::revoked;
    ++disconnects;
  }
};

// Keeps a handle of every connection, even beyond its end. All of them must be of one loop.
class KeeperChat : public microframe::ws::ChatBase {
 public:
  std::vector<microframe::ws::WebSocket> kept;
  std::atomic<int> disconnects{0};
  void on_connect(microframe::ws::WebSocket& socket, const microframe::ws::UserId&) {
    kept.push_back(socket);
  }
  void on_message(microframe::ws::WebSocket&, const microframe::ws::UserId&,
                  const microframe::ws::Message&) {}
  void on_disconnect(microframe::ws::WebSocket&, const microframe::ws::UserId&) { ++disconnects; }
};

// {"wait": ms}, sent back after so long.
class SlowChat : public microframe::ws::ChatBase {
 public:
  std::atomic<int> began{0};
  std::atomic<int> ended{0};
  std::atomic<int> disconnects{0};
  microframe::Task<> on_message(microframe::ws::WebSocket& socket, const microframe::ws::UserId&,
                                const microframe::Json& message) {
    ++began;
    const std::chrono::milliseconds wait(message.at("wait").as_int64());
    co_await microframe::sleep_for(wait);
    socket.send(message);
    ++ended;
  }
  microframe::Task<> on_disconnect(microframe::ws::WebSocket& socket, const microframe::ws::UserId&,
                                   const microframe::ws::DisconnectReason&) {
    co_await microframe::sleep_for(std::chrono::milliseconds(1));
    socket.send({{"never", "sent"}});
    ++disconnects;
  }
};

// {"token": text}, answered with whether the session lives on by it.
class RefreshChat : public microframe::ws::ChatBase {
 public:
  void on_message(microframe::ws::WebSocket& socket, const microframe::ws::UserId&,
                  const microframe::Json& message) {
    socket.send({{"good", socket.refresh_token(microframe::text(message, "token"))}});
  }
};

}  // namespace test
