// microframe::Clients that talk in a room while their wires are cut again and again, and what
// each of them receives.

#include <atomic>
#include <boost/json/object.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "microframe/client.hpp"
#include "support/app_fixture.hpp"
#include "support/relay.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::Relay;

// Passes each message on once.
class Hall : public ws::ChatBase {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    {
      const std::lock_guard lock(mutex_);
      ++handled_[to_text(message)];
    }
    broadcast_to_room("hall:kept", message);
    return message;
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
  std::map<std::string, int> handled() {
    const std::lock_guard lock(mutex_);
    return handled_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> handled_;
};

// A client, and what it has received about the room.
class Guest {
 public:
  Guest(const ClientLoop& loop, const std::string& url, const ClientOptions& options)
      : client(loop, url, options) {
    client.on_message(
        [this](const Json& data, const std::string&, std::optional<std::uint64_t> offset) {
          const std::lock_guard lock(mutex_);
          if (offset.value_or(0) <= last_) ++out_of_order;
          last_ = offset.value_or(0);
          if (!said_.insert(to_text(data)).second) ++repeated;
        });
    client.on_joined([this](const JoinedRoom& room) { gaps += room.recovered == false; });
    client.connect();
  }
  std::set<std::string> said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  std::atomic<int> gaps{0};
  std::atomic<int> out_of_order{0};
  std::atomic<int> repeated{0};

 private:
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::set<std::string> said_;

 public:
  Client client;  // last: its handlers end before the members that they use
};

class StormTest : public test::AppTest, public testing::WithParamInterface<unsigned> {};

TEST_P(StormTest, EachMessageIsHandledOnceAndHeardByAllInOrder) {
  constexpr std::size_t kGuests = 8;
  constexpr int kMessages = 60;
  limits.messages_per_second = 0;
  app.rooms("hall:*", RoomOptions().history(1000, 60s).presence());
  Hall& hall = app.route<Hall>("/ws", auth);
  start(2);
  std::minstd_rand random(GetParam());
  Relay relay(app.port());
  const std::string url = "ws://127.0.0.1:" + std::to_string(relay.port()) + "/ws";
  const ClientLoop loop;
  std::deque<Guest> guests;
  for (std::size_t i = 0; i < kGuests; ++i) {
    ClientOptions options;
    options.token = [jwt = token("guest" + std::to_string(i))] { return jwt; };
    options.backoff_first = 30ms;
    options.messages_per_second = 0;
    guests.emplace_back(loop, url, options).client.join("hall:kept").get();
  }
  std::set<std::string> sent;
  for (int n = 0; n < kMessages; ++n) {
    for (std::size_t i = 0; i < kGuests; ++i) {
      Guest& guest = guests[i];
      const Json message = {{"from", i}, {"n", n}};
      sent.insert(to_text(message));
      guest.client.send(message).then([&](const Json&) { ++guest.answered; },
                                      [&](const ClientError&) { ++guest.lost; });
    }
    if (random() % 4 == 0) relay.cut();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 15));
  }
  for (Guest& guest : guests) {
    eventually([&] { return guest.answered + guest.lost == kMessages; });
    EXPECT_EQ(guest.lost, 0) << "a session has been lost";
    eventually([&] { return guest.said().size() == sent.size(); });
    EXPECT_TRUE(guest.said() == sent) << guest.said().size() << " of " << sent.size();
    EXPECT_EQ(guest.gaps, 0);
    EXPECT_EQ(guest.out_of_order, 0);
    EXPECT_EQ(guest.repeated, 0);
    eventually([&] { return guest.client.presence("hall:kept").as_object().size() == kGuests; });
    EXPECT_EQ(guest.client.presence("hall:kept"), guests[0].client.presence("hall:kept"));
  }
  for (const auto& [message, times] : hall.handled()) EXPECT_EQ(times, 1) << message;
  EXPECT_EQ(hall.handled().size(), sent.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, StormTest, testing::Range(1U, 6U));

}  // namespace
}  // namespace microframe
