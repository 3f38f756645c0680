// Client: a WebSocket client that reconnects by itself and loses no message (docs/protocol.md).
// With ClientOptions::plain it is a client of any WebSocket server, which reconnects as well.
// Threading: every method may be called from any thread. Handlers run on the client's own thread,
// or on its ClientLoop's, one at a time and in order; a handler that returns a Task and waits does
// not hold up the next one. After the destructor nothing of the client runs, except for the token
// function if it has already been called.
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

// A thread for many clients. The thread lives as long as this object or one of the clients does.
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
  // Connects to nothing yet.
  // url:    "ws://host:port/path", or "wss://.." for TLS, which verifies the server.
  // errors: ConfigError for another URL, and for a ClientOptions::ca_file that cannot be used.
  explicit Client(const std::string& url, ClientOptions options = {});
  Client(const ClientLoop& loop, const std::string& url, ClientOptions options = {});
  // Says Close 1000, if that can be done without waiting. Does not wait for ClientOptions::token.
  // The destructor may run inside one of the client's own handlers; the handlers that wait are then
  // destroyed at the end of the loop's iteration. It may also run at the end of the process, for a
  // client that is static or global.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Handlers, one of each kind. Set them before connect(). A handler may leave out trailing
  // arguments, and may return Task<>. What a handler throws is logged.

  // (const Json& data, const std::string& room, std::optional<std::uint64_t> offset): a message. A
  // message of a room comes with the room's name and, if the room keeps messages, with its offset;
  // offsets rise, and no offset comes twice. The handler may return Json or Task<Json>: the reply,
  // if the server asked for one, which is sent when the handler has ended. A handler that throws
  // answers with the error `failed` and what().
  template <class F>
  Client& on_message(F handler) {
    set(detail::message_handler(std::move(handler)));
    return *this;
  }
  // (std::span<const std::byte> bytes, const std::string& room,
  //  std::optional<std::uint64_t> offset): a binary message, with room and offset as above.
  template <class F>
  Client& on_binary(F handler) {
    set(detail::binary_handler(std::move(handler)));
    return *this;
  }
  // (const std::string& text): a text message as it is, JSON or not, with ClientOptions::plain.
  // Without this handler, on_message receives the text as JSON; text that is no JSON becomes a JSON
  // string.
  template <class F>
  Client& on_text(F handler) {
    set(detail::event_handler<std::string>(std::move(handler)));
    return *this;
  }
  // (const ClientStatus& status): the connection is open, was lost, or the client has ended.
  template <class F>
  Client& on_state(F handler) {
    set(detail::event_handler<ClientStatus>(std::move(handler)));
    return *this;
  }
  // (const JoinedRoom& room), (const LeftRoom& room): this client is now in a room, or no longer.
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
  // (const ClientError& error): an error that no reply can report: an error without an id from the
  // server, or a token that the application could not give. Without this handler the error is
  // logged.
  template <class F>
  Client& on_error(F handler) {
    set(detail::event_handler<ClientError>(std::move(handler)));
    return *this;
  }
  // (const std::string& room, const Json& joins, const Json& leaves): devices came into a room or
  // left it. Both are objects: by user, an array with one entry per device. presence(room) has all
  // that are there.
  template <class F>
  Client& on_presence(F handler) {
    set(detail::presence_handler(std::move(handler)));
    return *this;
  }

  // Connects, and reconnects whenever the connection is lost, until close() or until the server
  // refuses the client for good. After the end, connect() may be called again and begins anew.
  void connect();
  // The end: sends Close, and fails everything that waits with `closed`.
  // code:   1000, 1001, or 3000 to 4999.
  // reason: UTF-8; cut to 123 bytes.
  // errors: std::invalid_argument for another code, and for a reason that is not UTF-8.
  void close(std::uint16_t code = 1000, std::string_view reason = {});

  // Sends a message, in the order of the calls. Without a connection, the message waits for one.
  // The server handles the message once, however often the connection is lost; the reply says that
  // it did, or why not.
  Reply send(const Json& message);
  Reply send_binary(std::span<const std::byte> content);
  // Text that is a JSON object or array is sent as that, all other text as a JSON string; with
  // ClientOptions::plain, the text is sent as it is.
  // content: UTF-8.
  Reply send_text(std::string_view content);
  // Deleted, because a bare string could mean JSON or text: write send_text(content), or
  // send(Json(content)) for a JSON string.
  template <std::convertible_to<std::string_view> Text>
  Reply send(const Text& content) = delete;
  // Sends a message that is not worth an answer, such as who is typing. Without a connection, the
  // message is dropped; so it is if the pace (ClientOptions::messages_per_second), or what waits for
  // a server that does not read, does not let it go now.
  void post(const Json& message);

  // Enters a room, and enters it again in each new session, with the messages missed meanwhile. The
  // reply is an object with room, recovered, epoch, offset and presence, as far as the room has
  // them.
  Reply join(std::string_view room, const JoinOptions& options = {});
  Reply leave(std::string_view room);
  // Who is in a room.
  // returns: an object: by user, an array with one entry {"device", "meta"} per device; null if the
  //          client does not know.
  Json presence(std::string_view room) const;

  // The rooms that the client is in, by its own wish or the server's, sorted.
  std::vector<std::string> rooms() const;
  // How far a room was read, for a later join.
  // returns: nullopt where the room keeps no messages.
  std::optional<RoomPosition> position(std::string_view room) const;

  // Hands over a fresh token of the same user that ClientOptions::token has not given.
  Reply refresh_token(std::string_view token);

  ClientState state() const;

 private:
  Client(std::shared_ptr<client::Thread> thread, const std::string& url, ClientOptions options);
  void set(detail::ClientHandlers::Any handler);

  std::shared_ptr<client::Thread> thread_;
  std::shared_ptr<client::Driver> driver_;
};

}  // namespace microframe
