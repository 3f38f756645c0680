// Connection: a Link over a socket: connects, shakes hands, then sends and receives. It does not
// connect again after its end. Threading: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/heartbeat.hpp"
#include "base/shared_buffer.hpp"
#include "base/timer_wheel.hpp"
#include "client/link.hpp"
#include "client/opening.hpp"
#include "client/random_bytes.hpp"
#include "client/url.hpp"
#include "microframe/compression.hpp"
#include "net/connector.hpp"
#include "net/loop.hpp"
#include "net/socket.hpp"
#include "net/tls_context.hpp"
#include "proto/connection.hpp"
#include "proto/deflater.hpp"

namespace microframe::client {

class Connection final : public Link, private net::SocketEvents, private base::TimerNode {
 public:
  struct Options {
    std::string token;  // sent as Authorization: Bearer; "" for none
    std::vector<std::string> subprotocols;
    proto::ConnectionLimits limits;
    std::uint64_t open_ms = 10'000;                     // for connecting and the handshake
    base::Heartbeat::Timing heartbeat{25'000, 20'000};  // design: Limits
    std::optional<Compression> compression;             // what to offer; nullopt: nothing
    // For wss. nullptr: the system's authorities are trusted, and the certificate must be the
    // host's.
    std::shared_ptr<const net::TlsContext> tls;
  };
  using Events = Link::Events;

  // Begins at once. `events` must outlive the connection.
  Connection(net::Loop& loop, Url url, Options options, Events& events);
  ~Connection() override;

  bool send(const ws::Message& message) override;
  std::size_t buffered() const override { return socket_ ? socket_->buffered() : 0; }
  void close(proto::CloseCode code, std::string_view reason) override;
  void close() { close(proto::CloseCode::normal, {}); }
  void say_goodbye() override;
  void pause_reading() override;
  void resume_reading() override;

  const std::string& subprotocol() const override { return subprotocol_; }
  unsigned status() const override { return refused_.status; }
  std::optional<std::uint64_t> retry_after_s() const override { return refused_.retry_after_s; }
  std::uint64_t heard_ms() const override;

 private:
  enum class Phase : std::uint8_t { connecting, handshaking, open, closing, closed };
  // What the server said last, or what to report where the server says nothing more.
  struct End {
    proto::CloseCode code = proto::CloseCode::abnormal;
    std::string reason;
  };

  template <class Action>
  void guarded(Action&& action);
  void connected(int fd, const std::string& error);
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override;
  void on_deadline(std::uint64_t now_ms) override;
  void receive(base::MutableBytes bytes);
  void read_answer(base::Bytes bytes);
  void agree(const std::optional<proto::DeflateParams>& deflate);
  void read(base::MutableBytes bytes);
  void take(const proto::Event& event);
  void answer_ping(base::Bytes payload);
  enum class Ending : bool { by_close, at_once };
  void close_later(const proto::Event& event, Ending ending);
  void tell_sent();
  void choke();
  void check_heartbeat(std::uint64_t now_ms);
  void finish(proto::CloseCode code, std::string_view reason);

  net::Loop& loop_;
  const Url url_;
  const Options options_;
  Events& events_;
  Opening opening_;
  std::optional<proto::InflaterPool> inflaters_;  // with permessage-deflate
  std::optional<proto::Deflater> deflater_;       // with permessage-deflate
  std::optional<proto::Connection> protocol_;     // once the server has accepted
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<net::Socket> socket_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  base::Heartbeat heartbeat_;
  std::uint64_t heard_ms_ = 0;
  RandomBytes random_;
  base::SharedBuffer queued_pong_;  // the last that was given to the socket
  base::SharedBuffer latest_pong_;  // to the latest ping since, while the socket is full
  bool tells_sent_ = false;         // Events::on_sent is due
  bool is_held_ = false;            // pause_reading() was called
  bool is_choked_ = false;          // nothing is read, because the server does not read either
  std::string subprotocol_;
  Opening::Refused refused_;  // by an HTTP answer
  Phase phase_ = Phase::connecting;
  End end_;
};

}  // namespace microframe::client
