#include "client/connection.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/chance.hpp"
#include "net/tls_session.hpp"

namespace microframe::client {
namespace {

using proto::CloseCode;
using proto::Event;

constexpr std::uint64_t kCloseMs = 5'000;

// §10.3: the key must be unpredictable.
proto::MaskKey random_mask() {
  proto::MaskKey key;
  RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size()));
  return key;
}

std::string random_key() {
  std::array<unsigned char, 16> bytes;
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::array<unsigned char, 25> text;
  EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {reinterpret_cast<const char*>(text.data()), 24};
}

proto::DeflateSettings wishes(const Compression& compression) {
  proto::DeflateSettings result;
  result.context_takeover = compression.context_takeover;
  result.window_bits = static_cast<std::uint8_t>(compression.window_bits);
  return result;
}

Opening::Offer offer_of(const Connection::Options& options) {
  Opening::Offer offer;
  offer.token = options.token;
  offer.subprotocols = options.subprotocols;
  if (options.compression) offer.deflate = wishes(*options.compression);
  return offer;
}

base::SharedBuffer copy(const proto::ControlFrame& frame) {
  return base::SharedBuffer::copy(frame.bytes());
}

}  // namespace

Connection::Connection(net::Loop& loop, Url url, Options options, Events& events)
    : loop_(loop),
      url_(std::move(url)),
      options_(std::move(options)),
      events_(events),
      opening_(url_, offer_of(options_), random_key()) {
  connector_ = std::make_unique<net::Connector>(
      loop_, url_.address, [this](int fd, const std::string& error) { connected(fd, error); });
  loop_.wheel().arm(*this, loop_.now_ms() + options_.open_ms);
}

Connection::~Connection() {
  *alive_ = false;
}

void Connection::connected(int fd, const std::string& error) {
  net::Descriptor owned(fd);
  guarded([&] {
    if (fd < 0) return finish(CloseCode::abnormal, error);
    socket_.reset(new net::Socket(loop_, std::move(owned), *this));
    phase_ = Phase::handshaking;
    if (url_.secure) {
      const auto context = options_.tls ? options_.tls : net::TlsContext::client({});
      socket_->secure(context->connect(url_.address.host));
    }
    socket_->send(base::SharedBuffer::copy(base::as_bytes(opening_.request())));
  });
}

// Wraps every way from the loop into this object: where memory runs out, the connection ends.
template <class Action>
void Connection::guarded(Action&& action) {
  const auto alive = alive_;
  try {
    action();
  } catch (const std::bad_alloc&) {
    if (*alive) finish(CloseCode::abnormal, "no memory");
  }
}

void Connection::on_receive(base::MutableBytes bytes) {
  guarded([&] { receive(bytes); });
}

void Connection::receive(base::MutableBytes bytes) {
  if (phase_ == Phase::handshaking) return read_answer(bytes);
  heard_ms_ = loop_.now_ms();
  heartbeat_.heard(heard_ms_);
  read(bytes);
}

void Connection::read_answer(base::Bytes bytes) {
  auto answer = opening_.read(bytes);
  if (!answer) {
    refused_ = answer.error();
    return finish(CloseCode::abnormal, refused_.reason);
  }
  if (!*answer) return;
  Opening::Accepted& accepted = **answer;
  subprotocol_ = std::move(accepted.subprotocol);
  agree(accepted.deflate);
  phase_ = Phase::open;
  heartbeat_.begin(loop_.now_ms(), options_.heartbeat, base::chance());
  check_heartbeat(loop_.now_ms());
  const auto alive = alive_;
  events_.on_open();
  if (*alive) read(accepted.rest);
}

void Connection::check_heartbeat(std::uint64_t now_ms) {
  loop_.wheel().cancel(*this);
  if (!socket_->is_reading()) heartbeat_.heard(now_ms);
  switch (heartbeat_.check(now_ms, options_.heartbeat)) {
    case base::Heartbeat::Verdict::lost:
      return finish(CloseCode::abnormal, "the server has stopped answering");
    case base::Heartbeat::Verdict::ping:
      socket_->send_urgent(copy(proto::ping_frame({}, random_mask())));
      break;
    case base::Heartbeat::Verdict::alive:
      break;
  }
  if (options_.heartbeat.interval_ms != 0)
    loop_.wheel().arm(*this, heartbeat_.deadline_ms(options_.heartbeat));
}

// Sets up the protocol and, if it was agreed on, permessage-deflate.
void Connection::agree(const std::optional<proto::DeflateParams>& deflate) {
  using proto::Context;
  if (deflate) {
    const Compression& ours = *options_.compression;
    const bool takes_over = ours.context_takeover && deflate->client_takes_over();
    proto::DeflaterOptions deflater;
    deflater.level = ours.level;
    deflater.memory_level = ours.memory_level;
    deflater.window_bits =
        std::min(deflate->client_window_bits(), static_cast<std::uint8_t>(ours.window_bits));
    deflater.context = takes_over ? Context::kept : Context::dropped;
    deflater_.emplace(deflater);
    inflaters_.emplace(proto::kWindowBitsMax,
                       deflate->server_takes_over() ? Context::kept : Context::dropped);
  }
  protocol_.emplace(proto::Role::client, options_.limits, inflaters_ ? &*inflaters_ : nullptr);
}

void Connection::read(base::MutableBytes bytes) {
  const auto alive = alive_;
  while (*alive && socket_) {
    const Event event = protocol_->next(bytes);
    if (event.kind == Event::Kind::need_more) return;
    take(event);
  }
}

void Connection::take(const Event& event) {
  switch (event.kind) {
    case Event::Kind::message:
      return events_.on_message(event.binary ? ws::Message::binary(event.payload)
                                             : ws::Message::text(base::as_text(event.payload)));
    case Event::Kind::ping:
      return socket_->send_urgent(copy(proto::pong_frame(event.payload, random_mask())));
    case Event::Kind::close:
      end_ = {event.code, std::string(event.reason)};
      return close(event.code, {});
    case Event::Kind::failed:
      end_.reason = event.reason;
      close(event.code, event.reason);
      return socket_->finish();
    case Event::Kind::pong:
    case Event::Kind::need_more:
      return;
  }
}

bool Connection::send(const ws::Message& message) {
  if (phase_ != Phase::open) return false;
  const bool compresses =
      deflater_ && message.bytes().size() >= options_.compression->threshold_bytes;
  const auto compressed = compresses ? deflater_->compress(message.bytes()) : std::nullopt;
  proto::FrameHeader header;
  header.opcode = message.is_binary() ? proto::Opcode::binary : proto::Opcode::text;
  header.compressed = compressed.has_value();
  header.mask = random_mask();
  socket_->send(proto::encode_frame(header, compressed.value_or(message.bytes())));
  return true;
}

void Connection::close(CloseCode code, std::string_view reason) {
  if (phase_ == Phase::connecting || phase_ == Phase::handshaking) {
    loop_.post([this, alive = alive_] {
      if (*alive) finish(CloseCode::abnormal, "given up");
    });
    return;
  }
  if (phase_ == Phase::closed) return;
  const auto frame = protocol_->close(code, reason, random_mask());
  if (!frame.empty()) socket_->send(copy(frame));
  phase_ = Phase::closing;
  // §7.1.1: the server closes the TCP connection. The deadline bounds the wait for that.
  loop_.wheel().arm(*this, loop_.now_ms() + kCloseMs);
}

void Connection::say_goodbye() {
  if (phase_ != Phase::open) return;
  close();
  socket_->offer();
}

void Connection::pause_reading() {
  if (socket_) socket_->pause_reading();
}

void Connection::resume_reading() {
  if (socket_) socket_->resume_reading();
}

void Connection::on_end(net::EndReason reason) {
  guarded([&] {
    if (reason == net::EndReason::tls_failed)
      return finish(CloseCode::abnormal, "TLS: " + socket_->tls_failure());
    finish(end_.code, end_.reason);
  });
}

void Connection::on_deadline(std::uint64_t now_ms) {
  guarded([&] {
    if (phase_ == Phase::open) return check_heartbeat(now_ms);
    const bool has_opened = phase_ == Phase::closing;
    finish(end_.code, has_opened ? end_.reason : std::string("no answer in time"));
  });
}

void Connection::finish(CloseCode code, std::string_view reason) {
  const std::string kept(reason);
  if (std::exchange(phase_, Phase::closed) == Phase::closed) return;
  loop_.wheel().cancel(*this);
  socket_.reset();
  connector_.reset();
  events_.on_closed(code, kept);
}

}  // namespace microframe::client
