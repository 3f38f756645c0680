// Client: a WebSocket client that comes back by itself and loses no message (docs/protocol.md), or,
// with ClientOptions::plain, a client of any WebSocket server that comes back. Threading: every
// method from any thread. Handlers run on the client's own thread, or its ClientLoop's, one at a
// time and in order; one that returns a Task and waits does not hold up the next. Nothing of the
// client runs after its destructor, but the token's function, if it is under way.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/client/events.hpp"
#include "microframe/client/options.hpp"
#include "microframe/client/reply.hpp"
#include "microframe/detail/client_handlers.hpp"

namespace microframe {

namespace client {
class Driver;
class Thread;
}  // namespace client

// A thread for many clients. It lives as long as this, or one of them, does.
class ClientLoop {
 public:
  ClientLoop();
  ~ClientLoop();
  ClientLoop(const ClientLoop&) = delete;
  ClientLoop& operator=(const ClientLoop&) = delete;

 private:
  friend class Client;
  std::shared_ptr<client::Thread> thread_;
};

class Client {
 public:
  // url: "ws://host:port/path", or "wss://" for TLS, which verifies the server. Nothing is
  // connected yet. errors: ConfigError for another URL, and for a ClientOptions::ca_file that
  // cannot be used.
  explicit Client(const std::string& url, ClientOptions options = {});
  Client(const ClientLoop& loop, const std::string& url, ClientOptions options = {});
  // Says Close 1000, if that can be done without waiting. In a handler of its own: those of its
  // handlers that wait are destroyed at the end of the loop's iteration.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Handlers, one of each kind: set them before connect(). Trailing arguments may be left out, and
  // each may return Task<>. What one throws is logged.

  // (const Json& data, const std::string& room, std::optional<std::uint64_t> offset): a message,
  // and for one of a room its name and, if the room keeps messages, its offset; each offset is told
  // once, and they rise. May return Json or Task<Json>: the reply, where the server asked for one;
  // it is told when the handler has ended. One that throws answers with the error `failed` and
  // what().
  template <class F>
  Client& on_message(F handler) {
    set(detail::message_handler(std::move(handler)));
    return *this;
  }
  // (std::span<const std::byte> bytes, const std::string& room, std::optional<std::uint64_t>
  // offset)
  template <class F>
  Client& on_binary(F handler) {
    set(detail::binary_handler(std::move(handler)));
    return *this;
  }
  // (const std::string& text): in place of on_message, with ClientOptions::plain: text messages as
  // they are, JSON or not. Without it, text that is no JSON is a JSON string to on_message.
  template <class F>
  Client& on_text(F handler) {
    set(detail::event_handler<std::string>(std::move(handler)));
    return *this;
  }
  // (const ClientStatus& status): open, lost, over.
  template <class F>
  Client& on_state(F handler) {
    set(detail::event_handler<ClientStatus>(std::move(handler)));
    return *this;
  }
  // (const JoinedRoom& room), (const LeftRoom& room): this client is in a room now, or no longer.
  template <class F>
  Client& on_joined(F handler) {
    set(detail::event_handler<JoinedRoom>(std::move(handler)));
    return *this;
  }
  template <class F>
  Client& on_left(F handler) {
    set(detail::event_handler<LeftRoom>(std::move(handler)));
    return *this;
  }
  // (const ByeAdvice& bye): the server is about to close the connection.
  template <class F>
  Client& on_bye(F handler) {
    set(detail::event_handler<ByeAdvice>(std::move(handler)));
    return *this;
  }
  // (const ClientError& error): what no reply could tell: an error of the server's without an id, a
  // token that could not be had. Without it, that is logged.
  template <class F>
  Client& on_error(F handler) {
    set(detail::event_handler<ClientError>(std::move(handler)));
    return *this;
  }
  // (const std::string& room, const Json& joins, const Json& leaves): others came and went; each an
  // object, by user an array with an entry a device. presence(room) has it all.
  template <class F>
  Client& on_presence(F handler) {
    set(detail::presence_handler(std::move(handler)));
    return *this;
  }

  // Connects, and comes back whenever the connection is lost, until close() or what does not heal.
  // After the end it may be called again, and begins anew.
  void connect();
  // The end: Close with `code` (1000, 1001, or 4000 to 4999) is said; what waits fails with
  // `closed`.
  void close(std::uint16_t code = 1000, std::string_view reason = {});

  // Sends a message, in the order of the calls; without a connection it waits for one. It is
  // handled once, whatever is lost on the way: the reply says that it was, or why not.
  Reply send(const Json& message);
  Reply send_binary(std::span<const std::byte> content);
  // An object or an array is sent as that, all other text as a JSON string; with
  // ClientOptions::plain, as it is. content: UTF-8.
  Reply send_text(std::string_view content);
  // A bare string could mean JSON or text: say send_text(content), or send(Json(content)) for a
  // JSON string.
  template <std::convertible_to<std::string_view> Text>
  Reply send(const Text& content) = delete;
  // Sends what is not worth an answer, such as who is typing: now, or never if there is no
  // connection.
  void post(const Json& message);

  // Enters a room, and again in each new session, with what was missed. The reply is an object:
  // room, recovered, epoch, offset, presence, as far as the room has them.
  Reply join(std::string_view room, const JoinOptions& options = {});
  Reply leave(std::string_view room);
  // Who is in a room: an object, by user an array with an entry {"device", "meta"} a device; null
  // if that is not known.
  Json presence(std::string_view room) const;

  // The rooms it is in, by its own wish or the server's, sorted.
  std::vector<std::string> rooms() const;
  // How far a room was read, for a later join; nullopt where the room keeps nothing.
  std::optional<RoomPosition> position(std::string_view room) const;

  // A fresh token of the same user, for those that ClientOptions::token does not know of.
  Reply refresh_token(std::string_view token);

  ClientState state() const;

 private:
  Client(std::shared_ptr<client::Thread> thread, const std::string& url, ClientOptions options);
  void set(detail::ClientHandlers::Any handler);

  std::shared_ptr<client::Thread> thread_;
  std::shared_ptr<client::Driver> driver_;
};

}  // namespace microframe
