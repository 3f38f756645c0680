// AppTest: an Application on a free loopback port with one secret, and clients of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "microframe/microframe.hpp"
#include "support/eventually.hpp"
#include "support/neighbours.hpp"
#include "support/raw_client.hpp"

namespace test {

class AppTest : public testing::Test {
 protected:
  using Options = microframe::authx::TokenOptions;

  // When a test of this process last ended that does not know what it has logged.
  static inline std::chrono::steady_clock::time_point last_ended_;

  microframe::authx::AuthConfig auth{std::string(32, 's')};
  microframe::Limits limits;
  microframe::Application app;

  // Most clients of the tests do not answer a Close.
  AppTest() {
    limits.closing_time = std::chrono::milliseconds(200);
    app.admin("public");
    if (Neighbours::file()) add_neighbours_endpoint();
  }

  void start(std::size_t threads = 2) {
    app.limits(limits).threads(threads);
    app.start("127.0.0.1:0");
    if (Neighbours::file()) invite_neighbours();
  }
  void TearDown() override {
    if (neighbours_) {
      const auto* test = testing::UnitTest::GetInstance()->current_test_info();
      neighbours_->report(test->name(), !HasFailure());
    }
    app.stop();
    app.wait();
    last_ended_ = std::chrono::steady_clock::now();
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
  // The same for those who measure how the test's neighbours fare.
  virtual std::unique_ptr<RawClient> measured(std::string_view user,
                                              const std::string& path) const {
    return std::make_unique<RawClient>(client(user, path));
  }
  // What began at `begun` has ended just now by a configured time limit: not before it, and well
  // before a default of five seconds.
  static void expect_ended_at(std::chrono::milliseconds limit,
                              std::chrono::steady_clock::time_point begun) {
    const auto lasted = std::chrono::steady_clock::now() - begun;
    EXPECT_GE(lasted, limit);
    EXPECT_LT(lasted, limit + std::chrono::milliseconds(2500));
  }
  // A session has ended just now as its token did: not before, within a second, and the noise of a
  // machine that has other work.
  void expect_ended_with(const std::string& jwt) const {
    const auto end =
        microframe::authx::decode_token(auth, jwt, microframe::authx::TokenType::access, {})
            .expires;
    const auto now = std::chrono::system_clock::now();
    EXPECT_GE(now, end);
    EXPECT_LT(now, end + std::chrono::milliseconds(2500));
  }
  static void eventually(const std::function<bool()>& holds) { test::eventually(holds); }

 private:
  static constexpr const char* kBeside = "/beside";

  void add_neighbours_endpoint() {
    app.websocket(kBeside, auth,
                  microframe::ws::Callbacks().on_message(
                      [](microframe::ws::WebSocket& socket, const microframe::ws::UserId&,
                         const microframe::ws::Message& message) { socket.send(message); }));
  }
  // Each within the rate that the test allows to all.
  void invite_neighbours() {
    constexpr std::size_t kNeighbours = 8;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < kNeighbours; ++i)
      clients.push_back(measured("beside" + std::to_string(i), kBeside));
    const double each =
        limits.messages_per_second > 0 ? std::min(limits.messages_per_second, 100.0) : 100.0;
    neighbours_.emplace(std::move(clients), 0.8 * each * kNeighbours);
  }

  std::optional<Neighbours> neighbours_;
};

}  // namespace test
