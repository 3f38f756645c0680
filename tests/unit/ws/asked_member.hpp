// AskedMember: a device that keeps the question, or answers it at once.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/ack.hpp"
#include "unit/ws/fake_device.hpp"

namespace microframe::ws {

class AskedMember final : public hub::Member {
 public:
  explicit AskedMember(std::string user) : Member(std::move(user), 0) {}
  void deliver(const base::Frame&) override {}
  void ask(const Json& message, std::chrono::milliseconds timeout, const Answered& told) override {
    asked = to_text(message) + " within " + std::to_string(timeout.count());
    if (at_once) return told(Ack(WebSocket(handle), AckStatus::acknowledged, Json(user())));
    told_ = told;
  }
  void answer() {
    std::exchange(told_, {})(Ack(WebSocket(handle), AckStatus::acknowledged, Json(user())));
  }
  // There is no memory to ask.
  void drop_question() { told_ = nullptr; }

  FakeDevice handle;
  std::string asked;
  bool at_once = false;

 private:
  Answered told_;
};

}  // namespace microframe::ws
