#include "net/tls_wire.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "net/openssl.hpp"

namespace microframe::net {
namespace {

// With more than this unsent OpenSSL is told to wait. Only answers to a peer that asks and does not
// read come so far: data is not encrypted from half of it on (TlsSession::seal).
constexpr std::size_t kUnsentMax = 128 * 1024;

TlsWire& wire_of(BIO* bio) {
  return *static_cast<TlsWire*>(BIO_get_data(bio));
}

int read_bio(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  bool wait = false;
  const int result =
      wire_of(bio).read({reinterpret_cast<std::byte*>(into), static_cast<std::size_t>(size)}, wait);
  if (wait) BIO_set_retry_read(bio);
  return result;
}

int write_bio(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  bool wait = false;
  const int result =
      wire_of(bio).write(base::as_bytes({bytes, static_cast<std::size_t>(size)}), wait);
  if (wait) BIO_set_retry_write(bio);
  return result;
}

long control_bio(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return wire_of(bio).has_ended() ? 1 : 0;
  return 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "microframe wire");
  if (!method) return nullptr;
  BIO_meth_set_read(method, read_bio);
  BIO_meth_set_write(method, write_bio);
  BIO_meth_set_ctrl(method, control_bio);
  return method;
}

}  // namespace

bio_st* TlsWire::make_bio() {
  static const BIO_METHOD* const method = make_method();  // a table, as long as the process
  BIO* bio = method ? BIO_new(method) : nullptr;
  if (!bio) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

void TlsWire::attach(int fd, base::Bytes early) {
  fd_ = fd;
  early_.assign(early.begin(), early.end());
}

std::optional<std::byte> TlsWire::peek() const {
  if (!early_.empty()) return early_.front();
  std::byte first;
  if (::recv(fd_, &first, 1, MSG_PEEK) != 1) return std::nullopt;
  return first;
}

int TlsWire::read(base::MutableBytes into, bool& wait) {
  if (!early_.empty()) {
    const std::size_t size = std::min(into.size(), early_.size());
    std::copy_n(early_.begin(), size, into.begin());
    early_.erase(early_.begin(), early_.begin() + static_cast<std::ptrdiff_t>(size));
    if (early_.empty()) early_ = std::vector<std::byte>();
    return static_cast<int>(size);
  }
  wait = may_receive_ == 0;
  if (wait) return -1;
  const std::size_t wanted = std::min(into.size(), may_receive_);
  const ssize_t received = ::recv(fd_, into.data(), wanted, 0);
  if (received > 0) {
    const auto size = static_cast<std::size_t>(received);
    may_receive_ = size < wanted ? 0 : may_receive_ - size;  // less than asked for was all there is
    return static_cast<int>(size);
  }
  may_receive_ = 0;
  wait = received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (!wait) state_ = received == 0 ? State::ended : State::broken;
  return static_cast<int>(received);
}

int TlsWire::write(base::Bytes bytes, bool& wait) {
  wait = out_.size() >= kUnsentMax;
  if (wait) return -1;
  try {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  } catch (const std::bad_alloc&) {  // OpenSSL is C: nothing may fly through it
    state_ = State::broken;
    return -1;
  }
  return static_cast<int>(bytes.size());
}

TlsWire::Sent TlsWire::send() {
  if (out_.empty()) return Sent::all;
  ssize_t sent = 0;
  do {
    sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::none : Sent::failed;
  if (static_cast<std::size_t>(sent) == out_.size()) {
    out_ = std::vector<std::byte>();  // idle streams hold no memory
    return Sent::all;
  }
  out_.erase(out_.begin(), out_.begin() + sent);
  return Sent::some;
}

}  // namespace microframe::net
