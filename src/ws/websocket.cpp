#include "microframe/ws/websocket.hpp"

#include <stdexcept>
#include <utility>

#include "ws/answer_wait.hpp"
#include "ws/device_port.hpp"
#include "ws/encode.hpp"

namespace microframe::ws {
namespace {

Forms forms_for(const DevicePort& device) {
  return device.has_session() ? Forms::enveloped : Forms::plain;
}

}  // namespace

WebSocket::WebSocket(DevicePort& device) : device_(&device) {
  device_->retain();
}
WebSocket::WebSocket(const WebSocket& other) : WebSocket(*other.device_) {}
WebSocket& WebSocket::operator=(const WebSocket& other) {
  WebSocket copy(other);
  std::swap(device_, copy.device_);
  return *this;
}
WebSocket::~WebSocket() {
  device_->release();
}

bool WebSocket::send(const Content& message) {
  return device_->send(encode(message, forms_for(*device_)));
}
bool WebSocket::send_text(std::string_view content) {
  return send(Message::text(content));
}
bool WebSocket::send_binary(std::span<const std::byte> content) {
  return send(Message::binary(content));
}

void WebSocket::reply(const Json& value) {
  device_->reply(value);
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  const auto close_code = static_cast<proto::CloseCode>(code);
  if (!proto::may_be_sent(close_code)) {
    throw std::invalid_argument("close code " + std::to_string(code) +
                                " may not be sent; use 1000, or 4000 to 4999");
  }
  device_->request_close(close_code, reason);
}

bool WebSocket::refresh_token(std::string_view token) {
  return device_->refresh_token(token);
}
detail::DataSlot& WebSocket::data_slot() const {
  return device_->data();
}
bool WebSocket::is_open() const {
  return device_->is_open();
}
std::uint64_t WebSocket::id() const {
  return device_->id();
}
const UserId& WebSocket::user() const {
  return device_->user();
}
Json WebSocket::claims() const {
  return device_->identity()->claims();
}
std::shared_ptr<const authx::User> WebSocket::authorized_user() const {
  return device_->identity()->user();
}
std::chrono::system_clock::time_point WebSocket::expires() const {
  return device_->identity()->expires();
}
std::vector<std::string> WebSocket::rooms() const {
  return device_->rooms();
}
std::string WebSocket::remote_address() const {
  return net::to_string(device_->identity()->peer());
}
std::optional<std::string> WebSocket::client_certificate() const {
  return device_->identity()->certificate();
}
std::string WebSocket::subprotocol() const {
  return device_->subprotocol();
}
std::chrono::microseconds WebSocket::rtt() const {
  return device_->rtt();
}

bool WebSocket::resumed() const {
  return device_->resumed();
}
bool WebSocket::may_repeat() const {
  return device_->may_repeat();
}

std::size_t WebSocket::buffered() const {
  return device_->buffered();
}

Task<bool> WebSocket::drained() {
  const WebSocket self = *this;  // the coroutine may outlive the handle it was called on
  AnswerWait<bool> wait([&self](const auto& told) { self.device_->when_drained(told); });
  co_return co_await wait;
}

}  // namespace microframe::ws

namespace microframe::detail {

void reply(ws::WebSocket& socket, const Json& value) {
  socket.reply(value);
}

}  // namespace microframe::detail
