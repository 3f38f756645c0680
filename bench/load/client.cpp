#include "client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "broken.hpp"

namespace bench {
namespace {

Broken broken(const char* what, int error) {
  return Broken(std::string(what) + ": " + std::strerror(error));
}

}  // namespace

Client::Client(const Target& target, Handshake handshake, Wire& wire)
    : wire_(wire), accept_(handshake.accept), unsent_(std::move(handshake.request)) {
  fd_ = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw broken("socket", errno);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  if (::connect(fd_, address, target.address_bytes) == 0 || errno == EINPROGRESS) return;
  const int error = errno;
  ::close(fd_);
  throw broken("connect", error);
}

Client::~Client() {
  ::close(fd_);
}

void Client::on_writable() {
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) throw broken("connect", error);
    state_ = State::shaking_hands;
  }
  send(std::exchange(unsent_, {}));
}

void Client::send(std::string_view frames) {
  if (unsent_.empty()) {
    const ssize_t taken = ::send(fd_, frames.data(), frames.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN) throw broken("send", errno);
    if (taken > 0) frames.remove_prefix(static_cast<std::size_t>(taken));
  }
  if (!frames.empty()) unsent_.append(frames);
}

void Client::send_close() {
  state_ = State::close_sent;
  send(masked_frame("\x03\xE8", Opcode::close));
}

void Client::abort_at_end() {
  const linger reset{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

// returns: the bytes to look at: in `buffer`, or behind the bytes that were kept.
std::string_view Client::receive(std::span<char> buffer) {
  const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (received < 0 && errno == EAGAIN) return partial_;
  if (received <= 0) {
    on_end(received < 0 ? errno : 0);
    return {};
  }
  wire_.received_bytes += static_cast<std::uint64_t>(received);
  std::string_view rest(buffer.data(), static_cast<std::size_t>(received));
  if (!partial_.empty()) rest = partial_.append(rest);
  if (state_ == State::shaking_hands) open_if_answered(rest);
  return rest;
}

void Client::open_if_answered(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n\r\n");
  if (end == std::string_view::npos) return;
  check_answer(rest.substr(0, end), accept_, wire_.deflate != nullptr);
  state_ = wire_.dialect ? State::greeting : State::open;
  if (wire_.dialect && !wire_.dialect->first().empty())
    send(masked_frame(wire_.dialect->first(), Opcode::text));
  rest.remove_prefix(end + 4);
}

bool Client::next_message(std::string_view& rest, Received& message) {
  while (state_ == State::greeting || state_ == State::open || state_ == State::close_sent) {
    if (!pieces_.empty()) {
      if (take_piece(message)) return true;
      continue;
    }
    const std::optional<Frame> frame = read_frame(rest, wire_.deflate != nullptr);
    if (!frame) return false;
    rest.remove_prefix(frame->bytes);
    switch (frame->opcode) {
      case Opcode::text:
      case Opcode::binary:
        message = {content_of(*frame), frame->opcode == Opcode::binary};
        if (!wire_.dialect) return true;
        pieces_ = message.payload;
        break;
      case Opcode::ping:
        send(masked_frame(frame->payload, Opcode::pong));
        break;
      case Opcode::pong:
        break;
      case Opcode::close:
        on_close(frame->payload);
        break;
    }
  }
  return false;
}

// returns: whether there was a message in the bytes.
bool Client::take_piece(Received& message) {
  const Dialect::Heard heard = wire_.dialect->hear(pieces_);
  if (!heard.reply.empty()) send(masked_frame(heard.reply, Opcode::text));
  if (heard.what == Dialect::Heard::What::ready) {
    if (state_ != State::greeting) throw Broken("a second greeting");
    state_ = State::open;
  }
  if (heard.what != Dialect::Heard::What::message) return false;
  if (state_ == State::greeting) throw Broken("a message before the greeting was done");
  message = {heard.payload, false};
  return true;
}

std::string_view Client::content_of(const Frame& frame) {
  // Compression is what is measured: a server that leaves it out would be measured for something
  // else.
  constexpr std::size_t kMustBeCompressed = 64;
  if (frame.compressed) return wire_.deflate->inflate(frame.payload);
  if (wire_.deflate && frame.payload.size() >= kMustBeCompressed)
    throw Broken("a plain message where compression was agreed on");
  return frame.payload;
}

void Client::on_close(std::string_view payload) {
  const bool coded = payload.size() >= 2;
  const int code =
      coded ? static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1])
            : 1005;
  if (state_ == State::close_sent && code == 1000) {
    state_ = State::close_answered;
    return;
  }
  throw Broken("closed by the server with " + std::to_string(code) + " " +
               std::string(coded ? payload.substr(2) : ""));
}

// §7.1.1: the server closes TCP first, once both have sent a Close.
void Client::on_end(int error) {
  if (state_ != State::close_answered) {
    throw Broken("the connection ended without a Close" +
                 (error != 0 ? std::string(": ") + std::strerror(error) : std::string()));
  }
  state_ = State::closed;
}

void Client::keep(std::string_view rest) {
  if (rest.empty()) {
    partial_.clear();
  } else if (partial_.empty()) {
    partial_ = rest;
  } else {
    partial_.erase(0, partial_.size() - rest.size());
  }
}

}  // namespace bench
