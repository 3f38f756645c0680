// Link: one WebSocket of a client, from the attempt to connect to its end, as a Driver sees it. A
// Connection is a Link over a socket. Threading: the client's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "microframe/ws/message.hpp"
#include "proto/close_code.hpp"

namespace microframe::client {

class Link {
 public:
  // The link may be destroyed inside each of these.
  class Events {
   public:
    virtual void on_open() = 0;
    virtual void on_message(const ws::Message& message) = 0;
    // All that was sent has been handed to the kernel.
    virtual void on_sent() {}
    // The closing handshake has begun, and not by close(): nothing more can be sent. on_closed
    // follows.
    virtual void on_closing() {}
    // The end, once, whether the link was ever open or not.
    // code:   of the server's Close; 1006 if none came.
    // reason: of the server's Close, or in words what happened.
    virtual void on_closed(proto::CloseCode code, std::string_view reason) = 0;

   protected:
    ~Events() = default;
  };

  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  // returns: false unless the link is open; the message is then dropped.
  virtual bool send(const ws::Message& message) = 0;
  // Bytes that were sent and have not been handed to the kernel. A link that has too many reads
  // nothing until they have.
  virtual std::size_t buffered() const = 0;
  // Starts the closing handshake, or gives up connecting. Events::on_closed follows, later.
  virtual void close(proto::CloseCode code, std::string_view reason) = 0;
  // Says Close 1000 if the link is open and the kernel takes the frame now: for a caller that is
  // about to destroy the link.
  virtual void say_goodbye() = 0;
  // For a client that has too much to do. A server that is not read is not given up as silent.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  // Which of the offered subprotocols the server chose; "": none.
  virtual const std::string& subprotocol() const = 0;
  // The status of the HTTP answer that came in place of the upgrade, and after how many seconds
  // that answer says to ask again; 0 and nullopt where there was none.
  virtual unsigned status() const = 0;
  virtual std::optional<std::uint64_t> retry_after_s() const = 0;
  // When bytes came last, on the clock of Surroundings::now_ms; 0: never. While the link reads
  // nothing because the server does not either: when the server took bytes last.
  virtual std::uint64_t heard_ms() const = 0;
};

}  // namespace microframe::client
