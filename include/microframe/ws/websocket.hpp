// WebSocket: a handle to one open connection (one device of its user).
// Threading: every method from any thread. Copying shares the connection; keep a copy as long as
// the Application lives: once the connection is closed it says so and sends nothing.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microframe/json.hpp"
#include "microframe/task.hpp"
#include "microframe/ws/message.hpp"

namespace microframe::ws {

// The token's `sub`.
using UserId = std::string;

class ChatBase;
class DevicePort;

class WebSocket {
 public:
  // Not for applications, which are given handles by their hooks.
  explicit WebSocket(DevicePort& device);
  DevicePort& device() const { return *device_; }

  WebSocket(const WebSocket& other);
  WebSocket& operator=(const WebSocket& other);
  ~WebSocket();

  // Sends one message to this device. It is queued, and leaves at the end of the loop's iteration.
  // returns: false if the connection is closed or closing.
  bool send(const Json& message);
  bool send(const Message& message);
  bool send_text(std::string_view content);
  bool send_binary(std::span<const std::byte> content);
  // A bare string could mean JSON or text: say send_text(content), or send(Json(content)) for a
  // JSON string.
  template <std::convertible_to<std::string_view> Text>
  bool send(const Text& content) = delete;

  // Answers the message that is being handled, as if its hook returned `value`: for hooks that do
  // not always have an answer. Once a message, inside its hook, before its first co_await or after;
  // elsewhere, and to a client without microframe.v1, it is a message like any other.
  void reply(const Json& value);

  // Starts the closing handshake (RFC 6455 §7.1.2). Does nothing if the connection is closed or
  // closing. code: 1000, or 4000 to 4999 for the application's own; reason: UTF-8, cut to 123
  // bytes. errors: std::invalid_argument for a code that may not be sent (§7.4).
  void close(std::uint16_t code = 1000, std::string_view reason = {});

  // Takes a fresh token for this connection, so that it lives on after the first one's `exp`.
  // returns: whether the token is valid and of the same user. A token that is not changes nothing.
  // One signed by a key that its issuer has only just published (AuthConfig::jwks) may be refused
  // now and taken later.
  bool refresh_token(std::string_view token);

  bool is_open() const;
  // Whether this session of microframe.v1 has lost its connection before and goes on with a new
  // one: on_connect runs for each, and the rooms are still as they were. A session whose connection
  // is lost is not open; what is sent to it waits for its client (Limits::session_ttl).
  bool resumed() const;
  // Unique among the connections of this process.
  std::uint64_t id() const;
  const UserId& user() const;
  // The token's claims beyond the registered ones (RFC 7519 §4.1) and `type`: an object.
  Json claims() const;
  // When the connection is closed for its token's `exp`, unless refresh_token() came.
  std::chrono::system_clock::time_point expires() const;
  // The rooms this device is in, sorted. Still answered inside on_disconnect.
  std::vector<std::string> rooms() const;
  // The client, as "127.0.0.1:50000", "[::1]:50000" or "unix". Behind a trusted proxy it is who the
  // proxy says, without a port if that told none (see TrustedProxies).
  std::string remote_address() const;
  // Whose certificate the client has shown (TlsOptions::client_certificates): its subject as RFC
  // 4514 writes it, "CN=tablet-7,O=Example", in ASCII. nullopt for who has shown none, and without
  // TLS. Where a proxy ends TLS and begins its own, the certificate is the proxy's.
  std::optional<std::string> client_certificate() const;
  // The subprotocol the handshake chose (RFC 6455 §1.9), or "". A token carried there is never
  // told.
  std::string subprotocol() const;
  // The round trip of the last heartbeat ping that was answered; 0 before the first.
  std::chrono::microseconds rtt() const;

  // Bytes sent to this device that its kernel buffer has no room for yet: 0 for a peer that keeps
  // up. Exact on the connection's own loop, that is in its hooks; from another thread as of the
  // last message that had to wait.
  std::size_t buffered() const;
  // Waits until buffered() is 0, for who sends much: `while (more) { socket.send(next()); co_await
  // socket.drained(); }`. Meanwhile the connection takes no messages, as in every hook that waits,
  // but answers pings. On a thread without a loop it blocks that thread. returns: false if the
  // connection has closed.
  Task<bool> drained();

  // The endpoint this device is connected to: its users, rooms and broadcasts.
  ChatBase chat() const;

  friend bool operator==(const WebSocket&, const WebSocket&) = default;

 private:
  DevicePort* device_;  // counted
};

}  // namespace microframe::ws
