// TlsSession: TLS over one descriptor: the handshake, what comes and what goes. The Socket that
// owns the session watches the descriptor. Renegotiation is off, so there is one handshake.
// Threading: the loop's. A session is made by a TlsContext, which it keeps alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "net/tls_wire.hpp"

struct ssl_st;

namespace microframe::net {

class Outbox;
class TlsContext;

class TlsSession {
 public:
  enum class Role : bool { server, client };
  enum class Step : std::uint8_t {
    done,
    waits,      // for the peer
    closed,     // the peer has said that it will send no more (close_notify)
    cut,        // the stream ended without that word, or broke
    failed,     // the peer, or its certificate, is not good; failure() says why
    plaintext,  // the peer of a server speaks, but not TLS: it began with a letter
  };

  // ssl: taken over; nullptr, for want of memory: the handshake fails.
  TlsSession(std::shared_ptr<const TlsContext> context, ssl_st* ssl, Role role);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Begins the handshake.
  // fd:    borrowed, connected and non-blocking.
  // early: bytes that have been read from `fd` already.
  void attach(int fd, base::Bytes early);

  // Lets this session read `bytes` more of the stream. Called each time the peer has a turn.
  void begin_turn(std::size_t bytes) { wire_.begin_turn(bytes); }

  // Goes on with the handshake, until is_secured().
  Step handshake();
  bool is_secured() const { return state_ == State::secured || state_ == State::finished; }
  // Whether a failure has ended the session.
  bool is_dead() const { return state_ == State::dead; }
  // Decrypts what has come, as much as `out` has room for.
  struct Received {
    std::size_t bytes;
    Step then;  // done: there may be more
  };
  Received receive(base::MutableBytes out);

  // Encrypts from the front of `outbox` what the kernel may take at once; small frames share a
  // record.
  void seal(Outbox& outbox);
  // Whether sealing can only go on when more has been received.
  bool seal_waits() const { return seal_waits_; }
  // Encrypted bytes that the kernel has not taken.
  std::size_t unsent() const { return wire_.unsent(); }
  TlsWire::Sent send() { return wire_.send(); }

  // Seals close_notify, the first time: nothing may be sealed after it (RFC 8446 §6.1).
  // returns: whether close_notify now waits to be sent.
  bool finish();

  // Why the session failed, in OpenSSL's words, or its verdict on the peer's certificate.
  const std::string& failure() const { return failure_; }
  // Whether the handshake was shortened by an earlier session's secrets.
  bool is_resumed() const;
  // The subject of the good certificate that the peer has shown, as RFC 4514 writes it, in ASCII;
  // nullopt if the peer has shown none. Only once secured.
  // errors: std::bad_alloc: a lack of memory never looks like "no certificate".
  std::optional<std::string> peer_subject() const;

 private:
  enum class State : std::uint8_t { shaking_hands, secured, finished, dead };

  Step step_after(int result);
  Step die();

  std::shared_ptr<const TlsContext> context_;
  TlsWire wire_;
  ssl_st* ssl_;
  const Role role_;
  State state_ = State::shaking_hands;
  bool begun_ = false;
  bool seal_waits_ = false;
  std::string failure_;
};

}  // namespace microframe::net
