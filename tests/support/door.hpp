// Door: an AuthManager that answers nobody until the test opens it, and counts who has asked.
// Threading: its members from any thread. It outlives the application that asks it.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "microframe/microframe.hpp"

namespace test {

class Door : public microframe::authx::AuthManager {
 public:
  std::atomic<bool> opens{false};
  std::atomic<bool> welcome{true};  // what it answers then
  std::atomic<int> asked{0};

  microframe::Task<std::optional<microframe::authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  microframe::Task<std::optional<microframe::authx::User>> get_user_by_id(std::string id) override {
    ++asked;
    while (!opens) co_await microframe::sleep_for(std::chrono::milliseconds(2));
    if (!welcome) co_return std::nullopt;
    co_return microframe::authx::User(id, "");
  }
  microframe::Task<bool> verify_password(const microframe::authx::User&, std::string) override {
    co_return false;
  }
};

}  // namespace test
