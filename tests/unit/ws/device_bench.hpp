// DeviceBench: the fixture of tests of devices: a JournalChat at /ws, clients by handshake, or
// devices that begin without one and so with any token.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/v1_client.hpp"
#include "unit/ws/loop_site.hpp"
#include "ws/device.hpp"

namespace test {

class DeviceBench : public testing::Test {
 public:
  using WebSocket = microframe::ws::WebSocket;
  using Lines = Journal::Lines;
  using Kind = microframe::ws::Resident::Kind;
  using Rejection = microframe::guard::Rejection;
  using Time = microframe::authx::Time;

  void serve(const microframe::Limits& limits = patient_limits()) {
    site.emplace(limits);
    site->add_chat();
    site->start();
  }

  // A plain client whose on_connect has run.
  RawClient open(const std::string& user = "alice") {
    RawClient client = site->connect();
    client.send(upgrade_request("/ws", "Authorization: Bearer " + token_of(user) + "\r\n"));
    EXPECT_EQ(client.read_status(), 101U);
    site->settle();
    return client;
  }
  V1Client open_session(const V1Client* former = nullptr, const std::string& user = "alice") {
    return {std::make_unique<RawClient>(site->connect()), token_of(user), former};
  }
  // Asks for the former's session, and does not wait for an answer. attempt: 0 for none.
  RawClient ask_for(const V1Client& former, int attempt = 0, const std::string& user = "alice") {
    RawClient client = site->connect();
    const std::string number = attempt == 0 ? "" : "." + std::to_string(attempt);
    client.send(upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                           token_of(user) + former.offer() + number + "\r\n"));
    site->settle();
    return client;
  }
  // Whether that became the former session. Reads the welcome.
  static bool is_resumed(RawClient& client) {
    if (client.read_status() != 101) return false;
    return boost::json::parse(client.read_text()).at("resumed").as_bool();
  }
  // A device of alice's whose token is good until then.
  RawClient open_until(Time expires,
                       const std::function<void(microframe::ws::Device&)>& then = {}) {
    SocketPair pair;
    site->on_loop([&] {
      microframe::authx::Claims claims;
      claims.sub = "alice";
      claims.issued_at = std::chrono::system_clock::now();
      claims.expires = expires;
      claims.all = boost::json::object();
      using Identity = microframe::ws::Identity;
      microframe::base::Ref<const Identity> identity(
          new Identity(claims, peer("192.0.2.1"), std::nullopt));
      microframe::ws::Opening opening{
          &site->endpoint(), "alice", std::move(identity), false, false, {}, {}};
      const auto device = microframe::ws::Device::make(site->context(), std::move(opening));
      device->begin(
          std::make_unique<microframe::net::Socket>(site->loop, std::move(pair.ours), no_events),
          {});
      if (then) then(*device);
    });
    return RawClient::adopt(pair.far);
  }
  // A copy of the handle that the n-th on_connect was given.
  WebSocket handle(std::size_t n = 0) {
    std::optional<WebSocket> found;
    site->on_loop([&] { found.emplace(site->notes.handles.at(n)); });
    return *found;
  }
  // Whether the client has been sent nothing that it has not read, and has not been cut either.
  bool has_nothing(const RawClient& client) {
    site->settle();
    pollfd look{client.fd(), POLLIN, 0};
    return client.rest().empty() && ::poll(&look, 1, 0) == 0;
  }
  // Waits until no device is left.
  void wait_until_gone() {
    while (site->count(Kind::device) != 0) site->settle();
  }
  std::size_t disconnects() {
    const Lines lines = site->journal.lines();
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const auto& line) {
      return line.starts_with("disconnect ");
    }));
  }

  std::optional<LoopSite> site;

 private:
  struct NoEvents final : microframe::net::SocketEvents {
    void on_receive(microframe::base::MutableBytes) override {}
    void on_end(microframe::net::EndReason) override {}
    void on_drained() override {}
  };
  NoEvents no_events;
};

}  // namespace test
