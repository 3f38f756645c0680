// WebSocket: a handle to one open connection (one device of its user).
// Threading: every method but data() from any thread. Copies share the connection. A copy may be
// kept as long as the Application lives: once the connection is closed, is_open() is false and
// nothing is sent.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "microframe/detail/connection_data.hpp"
#include "microframe/json.hpp"
#include "microframe/task.hpp"
#include "microframe/ws/content.hpp"
#include "microframe/ws/message.hpp"

namespace microframe::authx {
struct User;
}

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

  // Sends one message to this device. The message is queued, and leaves at the end of the loop's
  // iteration.
  // returns: false if the connection is closed or closing.
  bool send(const Content& message);
  bool send_text(std::string_view content);
  bool send_binary(std::span<const std::byte> content);
  // A bare string could mean JSON or text: write send_text(content), or send(Json(content)) for a
  // JSON string.
  template <std::convertible_to<std::string_view> Text>
  bool send(const Text& content) = delete;

  // Answers the message that is being handled, as if its hook had returned `value`: for hooks
  // that do not always have an answer. Call reply() once per message, inside its hook, before or
  // after the first co_await. Elsewhere, and to a client without microframe.v1, `value` is sent
  // as an ordinary message.
  void reply(const Json& value);

  // Starts the closing handshake (RFC 6455 §7.1.2). Does nothing if the connection is closed or
  // closing.
  // code:   1000, or 4000 to 4999 for the application's own codes.
  // reason: UTF-8, cut to 123 bytes.
  // errors: std::invalid_argument for a code that must not be sent (§7.4).
  void close(std::uint16_t code = 1000, std::string_view reason = {});

  // Gives this connection a fresh token, so that the connection outlives the `exp` of its first
  // token. claims() and expires() are the fresh token's from then on. A route's AuthManager is asked
  // again first, and a token whose bearer it refuses is refused. A token that is refused changes
  // nothing. A token that is signed by a key which its issuer has only just published
  // (AuthConfig::jwks) may be refused now and accepted later.
  // returns: whether the token is valid and of the same user, and not refused by the AuthManager as
  //          far as its answer has come; a later answer takes effect when it comes.
  bool refresh_token(std::string_view token);

  // What the application keeps with this connection: a T, which the first call makes by T(). Only the
  // hooks of this connection may call data(), before or after a co_await: they run one at a time, on
  // one thread, so that the T needs no lock. The T is destroyed on that thread once on_disconnect and
  // the calls of on_leave after it have returned. With microframe.v1 it belongs to the session: it
  // outlives lost connections, and is destroyed once on_session_expired and on_leave have returned. A
  // session that goes on at another node of a cluster begins there with a new T. A connection whose
  // hooks never call data() pays one pointer.
  // returns: the same T at each call, good until it is destroyed as said above.
  // errors:  std::logic_error on any thread but the connection's own, before on_connect and after the
  //          T was destroyed, and if T is not the type that the first call named; what T() throws.
  template <class T>
  T& data() const {
    static_assert(std::is_same_v<T, std::decay_t<T>> && std::is_default_constructible_v<T>,
                  "microframe: data<T>() makes a T by T(): T must be a type of its own, without "
                  "const or &, and have a default constructor");
    return detail::data_in<T>(data_slot());
  }

  bool is_open() const;
  // Whether this session of microframe.v1 has lost a connection before and continues with a new
  // one. on_connect runs for each connection, and the device is still in its rooms. While its
  // connection is lost, a session is not open: messages to it wait for its client
  // (Limits::session_ttl).
  bool resumed() const;
  // Whether a hook may have handled the message before that it handles now: the server that had the
  // message first was killed, and its client has sent the message again to this one. What the hook
  // publishes is published once all the same; what else the hook does is for the hook to look at.
  // Call may_repeat() inside the message's hook, before or after a co_await; elsewhere it is false.
  // A server that stands for no others has no such messages.
  bool may_repeat() const;
  // Unique among the connections of this process.
  std::uint64_t id() const;
  const UserId& user() const;
  // The token's claims beyond the registered ones (RFC 7519 §4.1) and `type`: an object.
  Json claims() const;
  // The user as AuthManager::authorize has returned it at the latest handshake of this connection, or
  // at the latest fresh token since then that was accepted (refresh_token, or a client's own refresh).
  // In every hook, with no question to the store.
  // returns: nullptr on a route without an AuthManager. What is returned never changes, and is good
  //          as long as the pointer is kept.
  std::shared_ptr<const authx::User> authorized_user() const;
  // When the connection will be closed because of its token's `exp`, unless refresh_token() is
  // called before.
  std::chrono::system_clock::time_point expires() const;
  // The rooms that this device is in, sorted. Still answered inside on_disconnect.
  std::vector<std::string> rooms() const;
  // The client's address, as "127.0.0.1:50000", "[::1]:50000" or "unix". Behind a trusted proxy:
  // the address that the proxy tells, without a port if the proxy told none (see TrustedProxies).
  std::string remote_address() const;
  // The subject of the certificate that the client has shown (TlsOptions::client_certificates),
  // as RFC 4514 writes it, "CN=tablet-7,O=Example", in ASCII. Where a proxy ends TLS and begins
  // its own, the certificate is the proxy's.
  // returns: nullopt without TLS, and for a client that has shown none.
  std::optional<std::string> client_certificate() const;
  // The subprotocol that the handshake chose (RFC 6455 §1.9), or "". A subprotocol that carried a
  // token is never returned.
  std::string subprotocol() const;
  // The round trip of the last heartbeat ping that was answered; 0 before the first one.
  std::chrono::microseconds rtt() const;

  // The bytes sent to this device that its kernel buffer has no room for yet: 0 for a peer that
  // keeps up. Exact on the connection's own loop, that is, in its hooks; on another thread, as of
  // the last message that had to wait.
  std::size_t buffered() const;
  // Waits until buffered() is 0, for hooks that send much: `while (more) { socket.send(next());
  // co_await socket.drained(); }`. Meanwhile the connection handles no messages, as in every hook
  // that waits, but answers pings. On a thread without a loop, drained() blocks that thread.
  // returns: false if the connection has closed.
  Task<bool> drained();

  // The endpoint that this device is connected to: its users, rooms and broadcasts.
  ChatBase chat() const;

  friend bool operator==(const WebSocket&, const WebSocket&) = default;

 private:
  detail::DataSlot& data_slot() const;

  DevicePort* device_;  // counted
};

}  // namespace microframe::ws
