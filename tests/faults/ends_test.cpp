// Faults while a whole server ends, and in a client of this library.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/connection.hpp"
#include "faults/fault.hpp"
#include "faults/stage.hpp"
#include "net/loop.hpp"

namespace test {
namespace {

using namespace microframe;
using namespace std::chrono_literals;

constexpr std::size_t kPointsPerEndMax = 500;

// Calls play(fault), which returns its outcome, for every point, until two in a row lie behind
// the end.
template <class Play>
void sweep(Fault fault, Play&& play) {
  int missed = 0;
  std::size_t struck = 0;
  for (fault.at = 1; fault.at < kPointsPerEndMax && missed < 2 && !testing::Test::HasFailure();
       ++fault.at) {
    const Outcome outcome = play(fault);
    missed = outcome.due != 0 ? 0 : missed + 1;
    struck += outcome.struck;
  }
  EXPECT_GT(struck, 0U) << "no fault ever struck";
  EXPECT_LT(fault.at, kPointsPerEndMax);
}

template <class Play>
void sweep_calls(Play&& play) {
  for (std::size_t variant = 0; variant < kVariants; ++variant) {
    sweep({Fault::Kind::system_call, 1, 0, variant}, play);
  }
}

// Waits until at most `before` descriptors are open.
// returns: how many are open then. For a moment the server may have one more, if it accepts a
//          client that has gone.
std::size_t descriptors_left(std::size_t before) {
  std::size_t open = open_descriptors();
  for (int i = 0; i < 10'000 && open > before; ++i) {
    std::this_thread::sleep_for(1ms);
    open = open_descriptors();
  }
  return open;
}

// The client answers every Close, so that only a fault makes the end late.
Outcome stop_with(const Fault& fault) {
  const std::size_t before = open_descriptors();
  Outcome outcome;
  {
    Stage stage;
    std::vector<Talk> clients;
    for (const char* user : {"alice", "bea", "cid"}) clients.push_back(stage.enter(user));
    clients.push_back(stage.enter("dan", "/waits"));
    Talk unfinished = stage.connect();
    unfinished.raw.send("GET /");
    for (int i = 0; i < 3; ++i) clients[static_cast<std::size_t>(i)].ask(R"({"do":"join"})");
    clients[3].say(R"({"n":1})");
    arm(fault);
    stage.app->stop();
    for (Talk& client : clients) client.close_code();
    stage.app->wait();
    outcome = disarm();
  }
  EXPECT_LE(descriptors_left(before), before) << fault.at << ", " << last_struck();
  return outcome;
}

class FaultsAtTheEnd : public testing::Test {
 private:
  const Stage first_;  // opens what a process opens only once
};

TEST_F(FaultsAtTheEnd, AServerStopsWhicheverAllocationFails) {
  sweep({Fault::Kind::allocation, 1, 0, 0}, stop_with);
}

TEST_F(FaultsAtTheEnd, AServerStopsWhicheverSystemCallFails) {
  sweep_calls(stop_with);
}

// Sends one message, receives the answer, and closes.
class Visitor final : public client::Connection::Events {
 public:
  Visitor(const Stage& stage, net::Loop& loop) : loop_(loop) {
    client::Connection::Options options;
    options.token = stage.token("alice");
    const std::string url = "ws://127.0.0.1:" + std::to_string(stage.app->port()) + "/echo";
    connection_ =
        std::make_unique<client::Connection>(loop, client::parse_url(url), options, *this);
  }
  int ends = 0;

 private:
  void on_open() override { connection_->send(ws::Message::text(R"({"n":1})")); }
  void on_message(const ws::Message&) override { connection_->close(); }
  void on_closed(proto::CloseCode, std::string_view) override {
    ++ends;
    connection_.reset();
    loop_.stop();
  }
  net::Loop& loop_;
  std::unique_ptr<client::Connection> connection_;
};

// An attempt ends by itself within ten seconds, even if nothing comes.
Outcome visit_with(Stage& stage, const Fault& fault) {
  const std::size_t before = open_descriptors();
  {
    net::Loop loop;
    Visitor visitor(stage, loop);
    arm(fault);
    loop.run();
    EXPECT_EQ(visitor.ends, 1) << fault.at << ", " << last_struck();
  }
  stage.settle();
  const Outcome outcome = disarm();
  EXPECT_LE(descriptors_left(before), before) << fault.at << ", " << last_struck();
  stage.check_healthy();
  stage.settle();
  return outcome;
}

TEST_F(FaultsAtTheEnd, AClientIsToldOfTheEndWhicheverAllocationFails) {
  Stage stage;
  sweep({Fault::Kind::allocation, 1, 0, 0},
        [&](const Fault& fault) { return visit_with(stage, fault); });
}

TEST_F(FaultsAtTheEnd, AClientIsToldOfTheEndWhicheverSystemCallFails) {
  Stage stage;
  sweep_calls([&](const Fault& fault) { return visit_with(stage, fault); });
}

}  // namespace
}  // namespace test
