#include "microframe/ws/websocket.hpp"

#include <stdexcept>
#include <utility>

#include "hub/hub.hpp"
#include "microframe/ws/chat_base.hpp"
#include "ws/drain_wait.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/server_connection.hpp"

namespace microframe::ws {

WebSocket::WebSocket(ServerConnection& connection) : connection_(&connection) {
  connection_->retain();
}
WebSocket::WebSocket(const WebSocket& other) : WebSocket(*other.connection_) {}
WebSocket& WebSocket::operator=(const WebSocket& other) {
  WebSocket copy(other);
  std::swap(connection_, copy.connection_);
  return *this;
}
WebSocket::~WebSocket() {
  connection_->release();
}

bool WebSocket::send(const Json& message) {
  return connection_->send(encode(message, connection_->forms()));
}
bool WebSocket::send(const Message& message) {
  return connection_->send(encode(message, connection_->forms()));
}
bool WebSocket::send_text(std::string_view content) {
  return send(Message::text(content));
}
bool WebSocket::send_binary(std::span<const std::byte> content) {
  return send(Message::binary(content));
}

void WebSocket::reply(const Json& value) {
  connection_->reply(value);
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  const auto close_code = static_cast<proto::CloseCode>(code);
  if (!proto::may_be_sent(close_code)) {
    throw std::invalid_argument("close code " + std::to_string(code) +
                                " may not be sent; use 1000, or 4000 to 4999");
  }
  connection_->request_close(close_code, reason);
}

bool WebSocket::refresh_token(std::string_view token) {
  return connection_->refresh_token(token);
}
bool WebSocket::is_open() const {
  return connection_->is_open();
}
std::uint64_t WebSocket::id() const {
  return connection_->id();
}
const UserId& WebSocket::user() const {
  return connection_->user();
}
Json WebSocket::claims() const {
  return connection_->claims();
}
std::chrono::system_clock::time_point WebSocket::expires() const {
  return connection_->expires();
}
std::vector<std::string> WebSocket::rooms() const {
  return connection_->endpoint().hub().rooms_of(*connection_);
}
std::string WebSocket::remote_address() const {
  return connection_->remote_address();
}
std::optional<std::string> WebSocket::client_certificate() const {
  return connection_->client_certificate();
}
std::string WebSocket::subprotocol() const {
  return connection_->subprotocol();
}
std::chrono::microseconds WebSocket::rtt() const {
  return connection_->rtt();
}

bool WebSocket::resumed() const {
  return connection_->resumed();
}

std::size_t WebSocket::buffered() const {
  return connection_->buffered();
}

Task<bool> WebSocket::drained() {
  const WebSocket self = *this;  // the coroutine may outlive the handle it was called on
  DrainWait wait(*self.connection_);
  co_return co_await wait;
}

ChatBase WebSocket::chat() const {
  return ChatBase(&connection_->endpoint());
}

}  // namespace microframe::ws

namespace microframe::detail {

void reply(ws::WebSocket& socket, const Json& value) {
  socket.reply(value);
}

}  // namespace microframe::detail
