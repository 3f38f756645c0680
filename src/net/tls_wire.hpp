// TlsWire: the records of one TLS session, between OpenSSL and a descriptor. What OpenSSL writes is
// gathered first, so that a flight of the handshake, or the records of a flush, are one system
// call, and no record is ever half written while OpenSSL waits. What OpenSSL reads is bounded, so
// that one peer has one turn at a time. Threading: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

struct bio_st;

namespace microframe::net {

class TlsWire {
 public:
  TlsWire() = default;
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  // The BIO that OpenSSL reads and writes; it must not outlive the wire. nullptr without memory.
  bio_st* make_bio();

  // fd:    borrowed.
  // early: what has been read from `fd` already, and comes first.
  void attach(int fd, base::Bytes early);

  // --- in ---

  // Begins a turn: OpenSSL may read so many bytes more, or as many as the kernel has.
  void begin_turn(std::size_t bytes) { may_receive_ = bytes; }
  // Whether OpenSSL would be told to wait if it read now.
  bool is_drained() const { return early_.empty() && may_receive_ == 0; }
  // The next byte, which stays unread; nullopt if it has not come.
  std::optional<std::byte> peek() const;
  // Whether the stream has ended (FIN), or broken. Neither means anything to TLS.
  bool has_ended() const { return state_ == State::ended; }
  bool is_broken() const { return state_ == State::broken; }

  // --- out ---

  // Bytes written that the kernel has not taken.
  std::size_t unsent() const { return out_.size(); }
  // So many more bytes are about to be written.
  void reserve(std::size_t bytes) { out_.reserve(out_.size() + bytes); }
  enum class Sent : std::uint8_t {
    all,
    some,    // and the kernel is full
    none,    // the kernel is full
    failed,  // the stream is broken
  };
  Sent send();

  // Called by OpenSSL, as read(2) and write(2). -1 with `wait`: OpenSSL must ask again later.
  int read(base::MutableBytes into, bool& wait);
  int write(base::Bytes bytes, bool& wait);

 private:
  enum class State : std::uint8_t { open, ended, broken };

  int fd_ = -1;
  State state_ = State::open;
  std::size_t may_receive_ = 0;
  std::vector<std::byte> early_;
  std::vector<std::byte> out_;
};

}  // namespace microframe::net
