// AppTest: an Application on a free loopback port with one secret, and clients of it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "microframe/microframe.hpp"
#include "support/raw_client.hpp"

namespace test {

class AppTest : public testing::Test {
 protected:
  using Options = microframe::authx::TokenOptions;

  microframe::authx::AuthConfig auth{std::string(32, 's')};
  microframe::Limits limits;
  microframe::Application app;

  // Most clients of the tests do not answer a Close.
  AppTest() { limits.closing_time = std::chrono::milliseconds(200); }

  void start(std::size_t threads = 2) {
    app.limits(limits).threads(threads);
    app.start("127.0.0.1:0");
  }
  void TearDown() override {
    app.stop();
    app.wait();
  }

  std::string token(std::string_view user, const Options& options = {}) const {
    return microframe::authx::create_access_token(auth, user, options);
  }
  RawClient raw() const { return RawClient(app.port()); }
  // A client whose handshake has been accepted.
  RawClient client(std::string_view user, const std::string& path = "/ws") const {
    RawClient made = raw();
    made.send(upgrade_request(path + "?token=" + token(user)));
    EXPECT_EQ(made.read_status(), 101U);
    return made;
  }
  // Waits for what happens on other threads; fails after ten seconds.
  static void eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 10'000; ++i) {
      if (holds()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    FAIL() << "it never came to hold";
  }
};

}  // namespace test
