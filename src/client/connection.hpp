// Connection: one WebSocket opened by us: connects, shakes hands, then sends and receives. No
// reconnection. Threading: its loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/heartbeat.hpp"
#include "base/timer_wheel.hpp"
#include "client/url.hpp"
#include "microframe/compression.hpp"
#include "microframe/ws/message.hpp"
#include "net/connector.hpp"
#include "net/loop.hpp"
#include "net/socket.hpp"
#include "net/tls_context.hpp"
#include "proto/connection.hpp"
#include "proto/deflater.hpp"
#include "proto/handshake.hpp"

namespace microframe::client {

class Connection final : private net::SocketEvents, private base::TimerNode {
 public:
  struct Options {
    std::string token;  // sent as Authorization: Bearer; "" for none
    std::vector<std::string> subprotocols;
    proto::ConnectionLimits limits;
    std::uint64_t open_ms = 10'000;                     // for the connection and its handshake
    base::Heartbeat::Timing heartbeat{25'000, 20'000};  // design: Limits
    std::optional<Compression> compression;             // offered, if any
    // For wss. nullptr: the system's authorities are trusted, and the certificate must be the
    // host's.
    std::shared_ptr<const net::TlsContext> tls;
  };
  class Events {
   public:
    virtual void on_open() = 0;
    virtual void on_message(const ws::Message& message) = 0;
    // Once, at the end, whether it was ever open or not. code: 1006 if no Close came; reason: the
    // peer's, or in words why.
    virtual void on_closed(proto::CloseCode code, std::string_view reason) = 0;

   protected:
    ~Events() = default;
  };

  // Begins at once. `events` outlives it; the connection may be destroyed inside any of them.
  Connection(net::Loop& loop, Url url, Options options, Events& events);
  ~Connection() override;

  // returns: false unless open.
  bool send(const ws::Message& message);
  // Starts the closing handshake, or gives up connecting; on_closed follows.
  void close(proto::CloseCode code = proto::CloseCode::normal, std::string_view reason = {});
  // Says Close 1000, if it is open and the kernel takes that now: for who is about to destroy it.
  void say_goodbye();
  // While an application has too much to do. A server whose words are not read is not given up.
  void pause_reading();
  void resume_reading();

  // What the server chose of the subprotocols; "" for none.
  const std::string& subprotocol() const { return subprotocol_; }
  // The HTTP answer it gave in place of the upgrade, and after how many seconds one should ask
  // again; 0 and nullopt where there was none.
  unsigned status() const { return status_; }
  std::optional<std::uint64_t> retry_after_s() const { return retry_after_s_; }
  // When bytes came the last time, in Loop::now_ms; 0: never.
  std::uint64_t heard_ms() const { return heard_ms_; }

 private:
  enum class Phase : std::uint8_t { connecting, handshaking, open, closing, closed };

  // Every way into it from the loop: where memory runs out, it is over.
  template <class Action>
  void guarded(Action&& action);
  void connected(int fd, const std::string& error);
  void receive(base::MutableBytes bytes);
  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override {}
  void on_deadline(std::uint64_t now_ms) override;
  bool read_head(base::MutableBytes& bytes);
  void note_refusal(const proto::ResponseHead& head);
  void begin(const std::optional<proto::DeflateParams>& deflate);
  void read(base::MutableBytes bytes);
  void opened();
  void check_heartbeat(std::uint64_t now_ms);
  void finish(proto::CloseCode code, std::string_view reason);

  net::Loop& loop_;
  const Url url_;
  const Options options_;
  Events& events_;
  proto::ClientRequest request_;
  proto::HeadScanner scanner_;
  std::optional<proto::InflaterPool> inflaters_;  // with permessage-deflate
  std::optional<proto::Deflater> deflater_;       // likewise
  std::optional<proto::Connection> protocol_;     // once the answer is in
  std::vector<std::byte> head_;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<net::Socket> socket_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  base::Heartbeat heartbeat_;
  std::uint64_t heard_ms_ = 0;
  std::string subprotocol_;
  unsigned status_ = 0;
  std::optional<std::uint64_t> retry_after_s_;
  Phase phase_ = Phase::connecting;
  proto::CloseCode close_code_ = proto::CloseCode::abnormal;  // the peer's, once it came
  std::string close_reason_;
};

}  // namespace microframe::client
