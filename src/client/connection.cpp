#include "client/connection.hpp"

#include <openssl/evp.h>

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

// What a server that does not read may make the client hold.
constexpr std::size_t kOutboxBytesMax = std::size_t{1} * 1024 * 1024;
// So many bytes of pongs are offered to the kernel before the next is queued.
constexpr std::size_t kPongBytes = std::size_t{64} * 1024;

// §4.1: 16 random bytes in base64.
std::string key_of(const std::array<std::byte, 16>& bytes) {
  std::array<unsigned char, 25> text;
  EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
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
      opening_(url_, offer_of(options_), key_of(RandomBytes().take<16>())) {
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
  const auto alive = alive_;
  read(bytes);
  if (*alive) choke();
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
  heartbeat_.heard(is_held_ ? now_ms : heard_ms());
  switch (heartbeat_.check(now_ms, options_.heartbeat)) {
    case base::Heartbeat::Verdict::lost:
      return finish(CloseCode::abnormal, "the server has stopped answering");
    case base::Heartbeat::Verdict::ping:
      socket_->send_urgent(copy(proto::ping_frame({}, random_.take<4>())));
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
      return answer_ping(event.payload);
    case Event::Kind::close:
      end_ = {event.code, std::string(event.reason)};
      return close_later(event, Ending::by_close);
    case Event::Kind::failed:
      end_.reason = event.reason;
      return close_later(event, Ending::at_once);
    case Event::Kind::pong:
    case Event::Kind::need_more:
      return;
  }
}

void Connection::answer_ping(base::Bytes payload) {
  // Pongs leave in the order of the pings, behind what was sent before.
  if (socket_->buffered() >= kPongBytes) socket_->offer();
  auto pong = copy(proto::pong_frame(payload, random_.take<4>()));
  const bool blocked = socket_->blocked_since_ms() != 0;
  // §5.5.3: a server that does not read is owed an answer to its latest ping only.
  if (blocked && queued_pong_ && !queued_pong_.is_last()) {
    latest_pong_ = std::move(pong);
    return;
  }
  queued_pong_ = pong;
  latest_pong_ = {};
  if (blocked) return socket_->send_urgent(std::move(pong));
  socket_->send(std::move(pong));
}

// §5.5.1, §7.1.7: answers with our Close, behind what the application says because of what it was
// told before: that was posted too.
void Connection::close_later(const Event& event, Ending ending) {
  loop_.post([this, alive = alive_, code = event.code, reason = std::string(event.reason), ending] {
    if (!*alive || !socket_) return;
    guarded([&] {
      const bool was_open = phase_ == Phase::open;
      if (was_open) close(code, ending == Ending::at_once ? reason : std::string());
      if (ending == Ending::at_once) socket_->finish();
      if (was_open) events_.on_closing();
    });
  });
}

// All that was sent in this iteration is offered to the kernel at once.
void Connection::tell_sent() {
  if (!socket_ || !tells_sent_) return;
  socket_->offer();
  if (socket_->buffered() != 0) return;  // on_drained follows
  tells_sent_ = false;
  events_.on_sent();
}

// Who does not read is not read from: the answers would gather here.
void Connection::choke() {
  if (!socket_ || is_choked_ || socket_->buffered() < kOutboxBytesMax) return;
  socket_->offer();
  if (socket_->buffered() < kOutboxBytesMax) return;
  is_choked_ = true;
  socket_->pause_reading();
}

void Connection::on_drained() {
  guarded([&] {
    queued_pong_ = {};
    if (latest_pong_) socket_->send(std::exchange(latest_pong_, {}));
    if (std::exchange(is_choked_, false)) {
      heard_ms_ = loop_.now_ms();
      if (!is_held_) socket_->resume_reading();
    }
    if (std::exchange(tells_sent_, false)) events_.on_sent();
  });
}

std::uint64_t Connection::heard_ms() const {
  if (!is_choked_ || !socket_) return heard_ms_;
  return std::max(heard_ms_, socket_->blocked_since_ms());
}

bool Connection::send(const ws::Message& message) {
  if (phase_ != Phase::open) return false;
  const bool compresses =
      deflater_ && message.bytes().size() >= options_.compression->threshold_bytes;
  const auto compressed = compresses ? deflater_->compress(message.bytes()) : std::nullopt;
  proto::FrameHeader header;
  header.opcode = message.is_binary() ? proto::Opcode::binary : proto::Opcode::text;
  header.compressed = compressed.has_value();
  header.mask = random_.take<4>();
  socket_->send(proto::encode_frame(header, compressed.value_or(message.bytes())));
  if (tells_sent_) return true;
  loop_.post([this, alive = alive_] {
    if (*alive) guarded([&] { tell_sent(); });
  });
  tells_sent_ = true;
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
  const auto frame = protocol_->close(code, reason, random_.take<4>());
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
  is_held_ = true;
  if (socket_) socket_->pause_reading();
}

void Connection::resume_reading() {
  is_held_ = false;
  if (socket_ && !is_choked_) socket_->resume_reading();
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
