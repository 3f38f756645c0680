#include "client/connection.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <utility>

#include "base/chance.hpp"
#include "net/tls_session.hpp"

namespace microframe::client {
namespace {

using proto::CloseCode;
using proto::Event;

constexpr std::uint64_t kCloseMs = 5'000;

// §10.3: unpredictable.
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

proto::ClientRequest make_request(const Url& url, const Connection::Options& options) {
  proto::ClientRequest request;
  request.host = url.host;
  request.target = url.target;
  request.key = random_key();
  request.subprotocols = options.subprotocols;
  if (options.compression) request.deflate = wishes(*options.compression);
  if (!options.token.empty()) request.fields = "Authorization: Bearer " + options.token + "\r\n";
  return request;
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
      request_(make_request(url_, options_)),
      scanner_(proto::HeadLimits{}) {
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
    socket_->send(base::SharedBuffer::copy(base::as_bytes(proto::make_request(request_))));
  });
}

// Every way into it from the loop: where memory runs out, the connection has ended.
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
  if (phase_ == Phase::handshaking) {
    if (!read_head(bytes)) return;
    const auto early = std::exchange(head_, {});  // what `bytes` may show
    const auto alive = alive_;
    opened();
    if (*alive) read(bytes);
    return;
  }
  heard_ms_ = loop_.now_ms();
  heartbeat_.heard(heard_ms_);
  read(bytes);
}

void Connection::opened() {
  phase_ = Phase::open;
  heartbeat_.begin(loop_.now_ms(), options_.heartbeat, base::chance());
  check_heartbeat(loop_.now_ms());
  events_.on_open();
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

// returns: whether the answer is in and good; `bytes` is then what follows it.
bool Connection::read_head(base::MutableBytes& bytes) {
  head_.insert(head_.end(), bytes.begin(), bytes.end());
  const auto end = scanner_.scan(head_);
  if (end && !*end) return false;
  if (!end) {
    finish(CloseCode::abnormal, end.error().reason);
    return false;
  }
  const std::size_t size = **end;
  const auto head =
      proto::parse_response_head(base::as_text(head_).substr(0, size), proto::HeadLimits{});
  if (!head) {
    finish(CloseCode::abnormal, head.error().reason);
    return false;
  }
  const auto accepted = proto::check_response(*head, request_);
  if (!accepted) {
    note_refusal(*head);
    finish(CloseCode::abnormal, accepted.error());
    return false;
  }
  subprotocol_ = accepted.value().subprotocol;
  begin(accepted.value().deflate);
  bytes = base::MutableBytes(head_).subspan(size);
  return true;
}

void Connection::note_refusal(const proto::ResponseHead& head) {
  if (head.status == 101) return;
  status_ = head.status;
  // RFC 9110 §10.2.3: seconds; a date in its place is not worth reading.
  const auto after = head.find("retry-after");
  std::uint64_t seconds = 0;
  if (!after) return;
  const auto [end, error] = std::from_chars(after->data(), after->data() + after->size(), seconds);
  if (error == std::errc() && end == after->data() + after->size()) retry_after_s_ = seconds;
}

void Connection::begin(const std::optional<proto::DeflateParams>& deflate) {
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
    switch (event.kind) {
      case Event::Kind::need_more:
        return;
      case Event::Kind::message:
        events_.on_message(event.binary ? ws::Message::binary(event.payload)
                                        : ws::Message::text(base::as_text(event.payload)));
        break;
      case Event::Kind::ping:
        socket_->send_urgent(copy(proto::pong_frame(event.payload, random_mask())));
        break;
      case Event::Kind::pong:
        break;
      case Event::Kind::close:
        close_code_ = event.code;
        close_reason_ = event.reason;
        close(event.code);
        break;
      case Event::Kind::failed:
        close_reason_ = event.reason;
        close(event.code, event.reason);
        socket_->finish();
        break;
    }
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
  // §7.1.1: the server closes the TCP connection; we wait, but not for ever.
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
    finish(close_code_, close_reason_);
  });
}

void Connection::on_deadline(std::uint64_t now_ms) {
  guarded([&] {
    if (phase_ == Phase::open) return check_heartbeat(now_ms);
    finish(close_code_,
           phase_ == Phase::closing ? close_reason_ : std::string("no answer in time"));
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
