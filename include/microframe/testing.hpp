// TestEndpoint, TestClient: an endpoint in a test, without sockets, threads and tokens. Its hooks run when
// the test says so, and its clock stands still between.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/json.hpp"
#include "microframe/room_options.hpp"
#include "microframe/ws/route.hpp"

namespace microframe {

namespace testing_detail {
class Bench;
class Device;
}  // namespace testing_detail

// One connection of a user, as the client sees it. A client that speaks no microframe.v1: it gets what
// a browser's WebSocket gets. Copies are the same client. Its TestEndpoint outlives it.
class TestClient {
 public:
  // What ended the connection.
  struct Close {
    std::uint16_t code;  // docs/reference/close-codes.md
    std::string reason;
  };

  // Sends a message, and runs the hook and all that follows from it, until everything waits for the clock.
  // What a closed client sends is lost.
  void send(const Json& message);
  void send_text(std::string_view text);
  void send_binary(std::string_view bytes);
  // Asks for a room as a client of microframe.v1 does, which runs can_join.
  // returns: whether the client is in the room.
  bool join(std::string_view room);
  // Closes with 1000, or loses the connection (1006).
  void close();
  void lose();

  // The oldest message that has come and was not taken yet.
  // errors: std::out_of_range if there is none, or it is no JSON.
  Json take();
  // All of them, as take() would return them.
  std::vector<Json> take_all();
  // The same as the bytes that came, text or binary.
  std::vector<std::string> take_bytes();

  bool is_open() const;
  // Once the connection has ended.
  std::optional<Close> closed() const;
  // The rooms that it is in, sorted.
  std::vector<std::string> rooms() const;

 private:
  friend class TestEndpointBase;
  explicit TestClient(testing_detail::Device& device);
  testing_detail::Device* device_;
};

// What all of TestEndpoint<T> have in common.
class TestEndpointBase {
 public:
  ~TestEndpointBase();
  TestEndpointBase(const TestEndpointBase&) = delete;
  TestEndpointBase& operator=(const TestEndpointBase&) = delete;

  // As Application::rooms. Before the first connect().
  void rooms(std::string pattern, const RoomOptions& options);
  // Connects a device of `user`: on_connect has run. claims: those of the token beyond `sub`, an object.
  TestClient connect(std::string user, const Json& claims = {});
  // Lets time pass for what waits: sleep_for, windows in which rooms gather messages. How old messages of
  // a room are is told by the machine's own clock.
  void advance(std::chrono::milliseconds time);
  // Runs what the test's own calls of the endpoint have left to be done: messages come to their clients.
  void settle();
  // What the hook that threw last has thrown, "" if none has; its client was closed with 1011.
  const std::string& hook_failure() const;

 protected:
  template <class T>
  explicit TestEndpointBase(std::unique_ptr<T> object)
      : TestEndpointBase(WebSocketRoute("/", std::move(object), auth())) {}
  // What hooks are called of.
  void* object() const;

 private:
  explicit TestEndpointBase(WebSocketRoute route);
  static authx::AuthConfig auth();

  std::unique_ptr<testing_detail::Bench> bench_;
};

// An endpoint T that nothing serves: what it is told to send is kept for the test.
//   TestEndpoint<MyChat> chat;
//   TestClient alice = chat.connect("alice");
//   alice.send({{"type", "chat"}, {"text", "hello"}});
//   EXPECT_EQ(alice.take().at("text"), "hello");
// Threading: one thread, which serves no Application at that moment. offload() runs at once.
template <class T>
class TestEndpoint : public TestEndpointBase {
 public:
  // arguments: of T's constructor.
  template <class... Arguments>
  explicit TestEndpoint(Arguments&&... arguments)
      : TestEndpointBase(std::make_unique<T>(std::forward<Arguments>(arguments)...)) {}

  T* operator->() { return static_cast<T*>(object()); }
  T& operator*() { return *static_cast<T*>(object()); }
};

}  // namespace microframe
