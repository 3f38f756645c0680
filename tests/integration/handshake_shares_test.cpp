// Handshakes of one address, and of one account, over and over: they have buckets of their own, so
// that others still get in. By the number of the fault that was found in use.

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::client_from;
using test::RawClient;

class HandshakeShares : public test::AppTest {
 protected:
  test::EchoChat& echo = app.route<test::EchoChat>("/ws", auth);
  test::LogCapture log;

  unsigned status_from(const char* address, std::string_view user) const {
    RawClient made = client_from(address, app.port());
    made.send(test::upgrade_request("/ws?token=" + token(user)));
    const unsigned status = made.read_status();
    made.reset();
    return status;
  }
  // bob, from an address of his own, gets in each time.
  void expect_others_get_in() const {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(status_from("127.0.0.2", "bob" + std::to_string(i)), 101U) << i;
      std::this_thread::sleep_for(50ms);
    }
  }
};

TEST_F(HandshakeShares, A08_AnAddressThatOnlyConnectsLeavesOthersTheirHandshakes) {
  limits.handshakes_per_second = 200;
  limits.handshakes_burst = 200;
  limits.connections_per_address_max = 50;
  start(2);
  std::atomic<bool> stop{false};
  std::atomic<int> connected{0};
  std::thread flood([&] {
    while (!stop) {
      client_from("127.0.0.66", app.port()).reset();
      ++connected;
    }
  });
  eventually([&] { return connected > 1000; });
  expect_others_get_in();
  stop = true;
  flood.join();
  EXPECT_GT(connected, 1000);
}

TEST_F(HandshakeShares, A08_AnAccountThatConnectsAndDropsIsRefusedAndOthersAreNot) {
  start(2);
  std::atomic<bool> stop{false};
  std::atomic<int> refused{0};
  std::atomic<int> accepted{0};
  std::thread churn([&] {
    for (int i = 0; !stop; ++i) {
      const std::string address = "127.0.1." + std::to_string(1 + i % 250);
      ++(status_from(address.c_str(), "alice") == 101 ? accepted : refused);
    }
  });
  expect_others_get_in();
  stop = true;
  churn.join();
  EXPECT_GT(accepted, 0);
  EXPECT_GT(refused, accepted);
}

}  // namespace
}  // namespace microframe
