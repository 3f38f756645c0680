// FakeDevice: the device behind a handle, which keeps what it is sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/json.hpp"
#include "ws/device_port.hpp"

namespace microframe::ws {

class FakeDevice : public DevicePort {
 public:
  virtual ~FakeDevice() = default;

  void retain() const override { ++holders_; }
  void release() const override { --holders_; }
  // How many handles there are.
  int holders() const { return holders_; }

  Endpoint& endpoint() const override { throw std::logic_error("the device has no endpoint"); }
  hub::Member& member() override { throw std::logic_error("the device is no member of a hub"); }
  std::uint64_t id() const override { return 1; }
  const std::string& user() const override { return user_; }
  std::string subprotocol() const override { return {}; }
  bool has_session() const override { return false; }
  std::vector<std::string> rooms() const override { return {}; }
  base::Ref<const Identity> identity() const override { return {}; }
  detail::DataSlot& data() override { return data_; }
  bool is_open() const override { return true; }
  bool resumed() const override { return false; }
  bool may_repeat() const override { return false; }
  std::chrono::microseconds rtt() const override { return {}; }
  std::size_t buffered() const override { return 0; }
  bool send(const base::Frame& frame) override {
    sent.emplace_back(base::as_text(frame.plain().content()));
    return true;
  }
  void reply(const Json& value) override { sent.push_back(to_text(value)); }
  void request_close(proto::CloseCode, std::string_view) override {}
  bool refresh_token(std::string_view) override { return false; }
  void when_drained(std::function<void(bool)> told) override { drains.push_back(std::move(told)); }

  std::vector<std::string> sent;
  std::vector<std::function<void(bool)>> drains;  // who waits for an empty outbox

 private:
  const std::string user_ = "alice";
  detail::DataSlot data_;
  mutable int holders_ = 0;
};

}  // namespace microframe::ws
