#include "net/tls_session.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "net/openssl.hpp"
#include "net/outbox.hpp"

namespace microframe::net {
namespace {

constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;  // RFC 8446 §5.1: 2^14 at most
constexpr std::size_t kRecordExtra = 64;                        // header, tag and padding, at most
constexpr std::size_t kGatherMax = 64;
// How much is encrypted before the kernel is asked to take it.
constexpr std::size_t kSealBytes = 64 * 1024;

using Scratch = std::array<std::byte, kRecordBytes>;

// The content of the next record: where it lies, if the first piece fills the record or is all
// there is; otherwise gathered in `scratch`.
base::Bytes next_record(const Outbox& outbox, Scratch& scratch) {
  std::array<iovec, kGatherMax> pieces;
  std::size_t offered = 0;
  const std::size_t count = outbox.gather(pieces, offered);
  const auto bytes_of = [](const iovec& piece) {
    return base::Bytes(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
  };
  if (count == 1 || pieces[0].iov_len >= kRecordBytes) {
    return bytes_of(pieces[0]).first(std::min(pieces[0].iov_len, kRecordBytes));
  }
  std::size_t filled = 0;
  for (const iovec& piece : std::span(pieces).first(count)) {
    const std::size_t size = std::min(piece.iov_len, kRecordBytes - filled);
    std::memcpy(scratch.data() + filled, piece.iov_base, size);
    filled += size;
  }
  return base::Bytes(scratch).first(filled);
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, ssl_st* ssl, Role role)
    : context_(std::move(context)), ssl_(ssl), role_(role) {
  BIO* bio = ssl_ ? wire_.make_bio() : nullptr;
  if (!bio) return;
  SSL_set_bio(ssl_, bio, bio);
  role_ == Role::server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

void TlsSession::attach(int fd, base::Bytes early) {
  wire_.attach(fd, early);
  if (role_ == Role::client) handshake();  // the client speaks first
}

TlsSession::Step TlsSession::handshake() {
  if (!ssl_ || !SSL_get_rbio(ssl_)) {
    failure_ = "out of memory";
    return die();
  }
  if (role_ == Role::server && !begun_) {
    // A ClientHello begins with 22 (RFC 8446 §5.1); every HTTP request, and most of what people
    // type, with a letter.
    const auto first = wire_.peek();
    if (first && std::isalpha(std::to_integer<int>(*first))) return Step::plaintext;
    begun_ = first.has_value();
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) return step_after(result);
  state_ = State::secured;
  return Step::done;
}

TlsSession::Received TlsSession::receive(base::MutableBytes out) {
  seal_waits_ = false;
  std::size_t total = 0;
  while (total < out.size()) {
    std::size_t size = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, out.data() + total, out.size() - total, &size);
    if (result != 1) return {total, step_after(result)};
    total += size;
    // One more call would only say that it waits.
    if (wire_.is_drained() && !SSL_has_pending(ssl_)) return {total, Step::waits};
  }
  return {total, Step::done};
}

void TlsSession::seal(Outbox& outbox) {
  if (state_ != State::secured) return;
  Scratch scratch;
  wire_.reserve(std::min(outbox.bytes(), kSealBytes) + (kSealBytes / kRecordBytes) * kRecordExtra);
  while (!outbox.empty() && wire_.unsent() < kSealBytes) {
    const base::Bytes record = next_record(outbox, scratch);
    std::size_t taken = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, record.data(), record.size(), &taken);
    if (result != 1) {
      // The wire takes everything, so OpenSSL waits for the peer: in the middle of a message about
      // keys, RFC 8446 §4.6.
      seal_waits_ = step_after(result) == Step::waits;
      return;
    }
    outbox.consume(taken);
  }
}

bool TlsSession::finish() {
  if (state_ != State::secured) return false;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  state_ = State::finished;
  return wire_.unsent() != 0;
}

bool TlsSession::is_resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

std::optional<std::string> TlsSession::peer_subject() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_);
  if (!certificate) return std::nullopt;
  const OwnedBio out(BIO_new(BIO_s_mem()));
  // The flags are named after RFC 2253, which RFC 4514 has replaced. They escape what is not
  // printable ASCII.
  if (!out ||
      X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) {
    ERR_clear_error();
    throw std::bad_alloc();
  }
  char* text = nullptr;
  const long size = BIO_ctrl(out.get(), BIO_CTRL_INFO, 0, static_cast<void*>(&text));
  return std::string(text, static_cast<std::size_t>(size));
}

// What it means that a call did not succeed. After a failure OpenSSL must not be called again.
TlsSession::Step TlsSession::step_after(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Step::waits;
    case SSL_ERROR_WANT_WRITE:
      // The wire is full of answers. That takes a peer that asks for new keys (RFC 8446 §4.6.3) a
      // thousand times and reads nothing.
      failure_ = "asks and does not read the answers";
      return die();
    case SSL_ERROR_ZERO_RETURN:
      return Step::closed;
    default:
      break;
  }
  if (wire_.has_ended() || wire_.is_broken()) {
    ERR_clear_error();
    state_ = State::dead;
    return Step::cut;  // RFC 8446 §6.1: without close_notify it may be anybody's doing
  }
  failure_ = openssl_error();
  const long verdict = SSL_get_verify_result(ssl_);
  const bool is_verified = SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE;
  if (is_verified && verdict != X509_V_OK)
    failure_ += std::string(": ") + X509_verify_cert_error_string(verdict);
  return die();
}

TlsSession::Step TlsSession::die() {
  state_ = State::dead;
  return Step::failed;
}

}  // namespace microframe::net
