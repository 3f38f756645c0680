// Device: a session of the reference endpoint's: what v1::ServerSession says is done at once, over
// a hub that is real, and the hooks are those that tests/vectors/README.md names. On the hub's
// loop.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hub/hub.hpp"
#include "v1/server_session.hpp"

namespace microframe::vectors {

class Device;

// A client's end of a connection: what the endpoint has sent and nobody has read yet.
struct Connection {
  enum class Kind : std::uint8_t { text, binary, close };
  struct Frame {
    Kind kind;
    std::string payload;  // of a close: the code in decimal
  };
  std::deque<Frame> frames;
  Device* device = nullptr;  // who reads what the client sends; nullptr once that is over
};

class Device final : public hub::Member {
 public:
  // hub: outlives the device. number: of the session, among all of the endpoint.
  Device(hub::Hub& hub, const std::string& user, unsigned number);

  static std::string good_token(const std::string& user) { return "good token of " + user; }

  v1::ServerSession& state() { return session_; }
  bool is_connected() const { return connection_ != nullptr; }
  // Whether a hook has closed the session for good.
  bool is_over() const { return is_over_; }

  void begin(std::shared_ptr<Connection> connection, bool inherits);
  void go_on(std::shared_ptr<Connection> connection, std::uint64_t received);
  void take(v1::ServerStep step);
  // The connection is lost, and the session waits for its client.
  void suspend();
  // The connection is over.
  void detach();
  void transmit_close(std::uint16_t code);

  // hub::Member
  std::string_view session() const override { return session_.name(); }
  std::string device() const override { return session_.name(); }
  void deliver(const base::Frame& frame) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override { send(session_.left(room)); }

 private:
  void attach(std::shared_ptr<Connection> connection);
  void transmit(const base::SharedBuffer& frame);
  void send(const v1::Reply& reply);
  void send(const std::optional<v1::Reply>& reply);

  void take_step(v1::Nothing) {}
  void take_step(const v1::SettleAsk&) {}  // no hook waits for an answer
  void take_step(const v1::Reply& reply) { send(reply); }
  void take_step(const v1::Handle& handle);
  void take_step(const v1::HandleBinary& handle);
  void take_step(const v1::Control& control);
  void join(const v1::ClientFrame& frame);
  void leave(const v1::ClientFrame& frame);

  void on_message(const Json& message);
  void publish(const std::string& room, const Json& value, Device* excluded);
  void close(std::uint16_t code);

  hub::Hub& hub_;
  v1::ServerSession session_;
  std::shared_ptr<Connection> connection_;
  bool is_over_ = false;
};

// A text frame as the endpoint sends it.
base::SharedBuffer encode(std::string_view text);

}  // namespace microframe::vectors
