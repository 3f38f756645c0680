// Users who are revoked while they are connected, connecting or being looked up: scenario 27, on
// real sockets, beside a healthy neighbour that must not be disturbed.

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/door.hpp"
#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::Door;
using test::EchoChat;
using test::RawClient;
using test::upgrade_request;

class Revoked : public test::Scenario {
 protected:
  EchoChat& other = app.route<EchoChat>("/other", auth);

  // A token issued in a second after every revocation so far; waits for that second.
  std::string later_token(std::string_view user) const {
    using std::chrono::system_clock;
    std::this_thread::sleep_until(std::chrono::floor<std::chrono::seconds>(system_clock::now()) +
                                  1s);
    return authx::create_access_token(auth, user, {}, system_clock::now());
  }
};

TEST_F(Revoked, S27_EveryDeviceIsClosedWith4409AndOldTokensAreRefused) {
  begin(2);
  expect_rejected("revoked", 3);
  expect_rejected("unauthenticated", 2);
  const std::string old = token("alice");
  RawClient phone = client("alice");
  RawClient laptop = client("alice");
  RawClient elsewhere = client("alice", "/other");
  eventually([&] { return echo.connects == 3 && other.connects == 1; });
  EXPECT_EQ(app.revoke("alice"), 3U);
  for (RawClient* device : {&phone, &laptop, &elsewhere}) EXPECT_EQ(device->read_close(), 4409U);
  eventually([&] { return echo.disconnects == 2 && other.disconnects == 1; });
  EXPECT_TRUE(echo.was_revoked);
  for (const char* path : {"/ws", "/other"}) {
    RawClient again = raw();
    again.send(upgrade_request(path + "?token="s + old));
    EXPECT_EQ(again.read_status(), 101U);
    EXPECT_EQ(again.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(again.read_close(), 4401U);
  }
  RawClient back = raw();
  back.send(upgrade_request("/ws?token=" + later_token("alice")));
  EXPECT_EQ(back.read_status(), 101U);
  eventually([&] { return echo.is_connected("alice"); });
  EXPECT_EQ(app.revoke("nobody"), 0U);
}

TEST_F(Revoked, S27_AnOldTokenDoesNotExtendASession) {
  app.route<test::RefreshChat>("/refresh", auth);
  begin();
  const std::string old = token("alice");
  EXPECT_EQ(app.revoke("alice"), 0U);
  RawClient made = raw();
  made.send(upgrade_request("/refresh?token=" + later_token("alice")));
  EXPECT_EQ(made.read_status(), 101U);
  made.send_text(R"({"token":")" + old + R"("})");
  EXPECT_EQ(made.read_text(), R"({"good":false})");
  made.send_text(R"({"token":")" + later_token("alice") + R"("})");
  EXPECT_EQ(made.read_text(), R"({"good":true})");
}

TEST_F(Revoked, S27_DisconnectClosesTheDevicesOfOneEndpointAndRevokesNothing) {
  begin(2);
  RawClient here = client("alice");
  RawClient there = client("alice", "/other");
  eventually([&] { return echo.is_connected("alice") && other.is_connected("alice"); });
  EXPECT_EQ(echo.disconnect("alice"), 1U);
  EXPECT_EQ(here.read_close(), 4409U);
  there.send_text("on");
  EXPECT_EQ(there.read_text(), "on");
  RawClient back = client("alice");
  eventually([&] { return echo.is_connected("alice"); });
}

// Each device that connects while the user is revoked is closed or refused; none stays.
TEST_F(Revoked, S27_HandshakesDuringTheRevocationAreRevoked) {
  limits.devices_per_user_max = 1000;
  begin(2);
  const std::string old = token("alice");
  std::atomic<bool> begun{false};
  std::vector<RawClient> devices;
  std::thread coming([&] {
    for (int i = 0; i < 200; ++i) {
      devices.push_back(raw());
      devices.back().send(upgrade_request("/ws?token=" + old));
      begun = i >= 20;
    }
  });
  while (!begun) std::this_thread::yield();
  app.revoke("alice");
  coming.join();
  for (RawClient& device : devices) {
    EXPECT_EQ(device.read_status(), 101U);
    const unsigned code = device.read_close();
    EXPECT_TRUE(code == 4409 || code == 4401) << code;
  }
  eventually([&] { return !echo.is_connected("alice"); });
}

TEST_F(Revoked, S27_UserBeingLookedUpIsRevoked) {
  Door door;
  app.route<EchoChat>("/guarded", auth, door);
  begin();
  RawClient made = raw();
  made.send(upgrade_request("/guarded?token=" + token("alice")));
  eventually([&] { return door.asked == 1; });
  EXPECT_EQ(app.revoke("alice"), 0U);
  door.opens = true;
  EXPECT_EQ(made.read_status(), 101U);
  EXPECT_EQ(made.read_close(), 4409U);
}

TEST_F(Revoked, RevokeThrowsBeforeTheStart) {
  EXPECT_THROW(app.revoke("alice"), std::logic_error);
}

}  // namespace
}  // namespace microframe
