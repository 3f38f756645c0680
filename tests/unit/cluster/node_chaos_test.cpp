// Nodes that everything happens to, by chance: messages are missed, brokers are away, logs fork and
// are lost, nodes stall, are killed and come back. Once all is whole again, everybody knows the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "cluster/parcel_codec.hpp"
#include "unit/cluster/fake_process.hpp"

namespace test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kKeptLog = "log /chat kept";

class NodeChaos : public Nodes {
 protected:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random() % bound); }
  FakeProcess& any() { return *nodes[below(unsigned(nodes.size()))]; }
  std::string user() { return std::string(1, static_cast<char>('a' + below(6))); }

  void start(std::size_t i) {
    nodes[i] = make("n" + std::to_string(i));
    nodes[i]->open("kept");
    nodes[i]->open("who");
  }
  void begin(unsigned seed) {
    random.seed(seed);
    nodes.resize(3);
    for (std::size_t i = 0; i < nodes.size(); ++i) start(i);
    pass(seconds(1));
  }
  void step(bool may_fork) {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return any().append("kept", std::to_string(++messages));
      case 4:
      case 5:
        return any().put(user(), below(2) ? Names{"who"} : Names{"room"});
      case 6:
      case 7:
        return any().remove(user());
      case 8:
        return any().broker.interrupt();
      case 9:
        return any().broker.set_up(false);
      case 10:
      case 11:
        return any().broker.set_up(true);
      case 12:
        return bus->unfollow(kKeptLog, any().broker.line());
      case 13:
        if (below(4) == 0) restart();
        return;
      case 14:
        if (may_fork && below(3) == 0) fork();
        return;
      default:
        return pass(milliseconds(below(4000)));
    }
  }
  void restart() {
    const std::size_t i = below(unsigned(nodes.size()));
    for (const std::string& event : nodes[i]->events.take()) note(event);
    nodes[i]->node.stop();
    nodes[i].reset();
    start(i);
  }
  // A master dies that a replica has not kept up with: nobody can reach it meanwhile.
  void fork() {
    for (const Process& node : nodes) node->broker.set_up(false);
    if (below(4) == 0) {
      bus->forget();
    } else {
      bus->roll_back(kKeptLog, below(4));
    }
    for (const Process& node : nodes) node->broker.set_up(true);
  }
  void heal() {
    for (const Process& node : nodes) node->broker.set_up(false);
    for (const Process& node : nodes) node->broker.set_up(true);
    for (const Process& node : nodes) bus->follow(kKeptLog, node->broker.line());
    pass(seconds(40));
    for (const Process& node : nodes)
      for (const std::string& event : node->events.take()) note(event);
  }
  void note(const std::string& event) {
    if (event.front() == '+') ++online[event.substr(1)];
    if (event.front() == '-') --online[event.substr(1)];
  }

  void expect_one_log() {
    const auto page = bus->read(kKeptLog, 1, 100, world.now_ms());
    for (const Process& node : nodes) {
      EXPECT_EQ(node->hub.at["kept"], (hub::Broker::Position{page.epoch, page.last}));
      auto& kept = node->hub.kept["kept"];
      for (const auto& entry : page.entries) {
        const auto found = kept.find(entry.offset);
        if (found != kept.end()) {
          EXPECT_EQ(cluster::read_entry(entry.bytes)->content, found->second);
        } else {
          EXPECT_TRUE(kept.empty() || entry.offset < kept.begin()->first);
        }
      }
    }
  }
  void expect_one_directory() {
    for (const Process& node : nodes) {
      std::set<std::string> elsewhere;
      for (const Process& other : nodes)
        if (other != node)
          for (const std::string& one : other->hub.users_here()) elsewhere.insert(one);
      EXPECT_EQ(node->site.users(), Names(elsewhere.begin(), elsewhere.end()));
      EXPECT_EQ(node->node.others().size(), nodes.size() - 1);
      for (const auto& other : node->node.others()) EXPECT_TRUE(other.known);
    }
  }

  std::mt19937 random;
  std::vector<Process> nodes;
  std::map<std::string, int> online;  // as the application was told
  int messages = 0;
};

TEST_F(NodeChaos, EverybodyKnowsTheSameInTheEnd) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    bus = std::make_shared<cluster::MemoryBus>(seed);
    begin(seed);
    for (int i = 0; i < 120; ++i) step(true);
    heal();
    expect_one_log();
    expect_one_directory();
    if (testing::Test::HasFailure()) return;
  }
}

// Without failovers, nothing that the broker kept is lost, and who is online is exact.
TEST_F(NodeChaos, OnlineIsExactWhereNothingIsForgotten) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    bus = std::make_shared<cluster::MemoryBus>(seed);
    online.clear();
    begin(seed);
    for (int i = 0; i < 120; ++i) step(false);
    heal();
    expect_one_log();
    std::map<std::string, int> present;
    for (const Process& node : nodes)
      for (const std::string& one : node->hub.users_here()) present[one] = 1;
    std::erase_if(online, [](const auto& one) { return one.second == 0; });
    EXPECT_EQ(online, present);
    for (const Process& node : nodes) EXPECT_EQ(node->node.counts().log_forks, 0u);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace test
