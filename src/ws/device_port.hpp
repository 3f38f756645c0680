// DevicePort: how handles reach a device: what an application's WebSocket can ask of the device
// behind it. Threading: any, unless said otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/frame.hpp"
#include "base/ref.hpp"
#include "microframe/detail/connection_data.hpp"
#include "microframe/json.hpp"
#include "proto/close_code.hpp"
#include "ws/identity.hpp"

namespace microframe::hub {
class Member;
}

namespace microframe::ws {

class Endpoint;

class DevicePort {
 public:
  // A handle holds the device.
  virtual void retain() const = 0;
  virtual void release() const = 0;

  virtual Endpoint& endpoint() const = 0;
  virtual hub::Member& member() = 0;
  virtual std::uint64_t id() const = 0;
  virtual const std::string& user() const = 0;
  virtual std::string subprotocol() const = 0;
  virtual bool has_session() const = 0;
  // The rooms the device is in, sorted.
  virtual std::vector<std::string> rooms() const = 0;
  // Of the latest handshake or token.
  virtual base::Ref<const Identity> identity() const = 0;

  // Where the application's data of the device lies, while its hooks may run. On its loop.
  // errors: std::logic_error on another thread, and at another time.
  virtual detail::DataSlot& data() = 0;

  virtual bool is_open() const = 0;
  // Whether its session has lost a stream before.
  virtual bool resumed() const = 0;
  // As WebSocket::may_repeat.
  virtual bool may_repeat() const = 0;
  virtual std::chrono::microseconds rtt() const = 0;
  // As WebSocket::buffered.
  virtual std::size_t buffered() const = 0;

  // returns: false if nobody is there any more, nor may come back.
  virtual bool send(const base::Frame& frame) = 0;
  // Answers the message that is being handled. On the device's loop; elsewhere it is a message.
  virtual void reply(const Json& value) = 0;
  virtual void request_close(proto::CloseCode code, std::string_view reason) = 0;
  virtual bool refresh_token(std::string_view token) = 0;
  // Calls told(true) once nothing waits to be sent, or told(false) once the stream has ended, on the
  // device's loop.
  virtual void when_drained(std::function<void(bool)> told) = 0;

 protected:
  ~DevicePort() = default;
};

}  // namespace microframe::ws
