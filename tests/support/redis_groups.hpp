// RedisCluster and RedisSentinels: several redis-servers of a test that work together, on loopback.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/redis_server.hpp"

namespace test {

// A Redis Cluster of three masters, without replicas.
class RedisCluster {
 public:
  static constexpr std::size_t kServers = 3;

  RedisCluster() {
    for (std::size_t i = 0; i < kServers; ++i) {
      bus_ports_[i] = free_port();
      servers_.push_back(std::make_unique<RedisProcess>(std::vector<std::string>{
          "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port",
          std::to_string(bus_ports_[i]), "--cluster-require-full-coverage", "no"}));
    }
    for (std::size_t i = 0; i < kServers; ++i) {
      const std::size_t first = i * kSlots / kServers;
      const std::size_t last = (i + 1) * kSlots / kServers - 1;
      ask(i, "CLUSTER ADDSLOTSRANGE " + std::to_string(first) + " " + std::to_string(last));
      ask(i, "CLUSTER SET-CONFIG-EPOCH " + std::to_string(i + 1));
    }
    for (std::size_t i = 1; i < kServers; ++i)
      ask(0, "CLUSTER MEET 127.0.0.1 " + std::to_string(server(i).port()) + " " +
                 std::to_string(bus_ports_[i]));
    wait();
  }

  RedisProcess& server(std::size_t i) { return *servers_[i]; }
  std::string ask(std::size_t i, const std::string& command) { return servers_[i]->ask(command); }
  std::string url() const {
    return "redis+cluster://" + servers_[0]->address() + "," + servers_[1]->address();
  }
  void ask_all(const std::string& command) {
    for (auto& each : servers_) each->ask(command);
  }
  void kill() {
    for (auto& each : servers_) each->kill();
  }
  void start() {
    for (auto& each : servers_) each->start();
    wait();
  }
  std::string id(std::size_t i) { return ask(i, "CLUSTER MYID"); }
  // Which server had the slot at first.
  static std::size_t owner_of(unsigned slot) {
    std::size_t i = 0;
    while (slot >= (i + 1) * kSlots / kServers) ++i;
    return i;
  }
  // Moves a slot as redis-cli --cluster reshard does.
  void move_slot(unsigned slot, std::size_t from, std::size_t to) {
    const std::string number = std::to_string(slot);
    ask(to, "CLUSTER SETSLOT " + number + " IMPORTING " + id(from));
    ask(from, "CLUSTER SETSLOT " + number + " MIGRATING " + id(to));
    while (true) {
      std::string keys = ask(from, "CLUSTER GETKEYSINSLOT " + number + " 10");
      if (keys.empty()) break;
      for (std::size_t at = 0, end; (end = keys.find('\n', at)) != std::string::npos; at = end + 1)
        ask(from, "MIGRATE 127.0.0.1 " + std::to_string(server(to).port()) + " \"" +
                      keys.substr(at, end - at) + "\" 0 5000");
    }
    ask(to, "CLUSTER SETSLOT " + number + " NODE " + id(to));
    ask(from, "CLUSTER SETSLOT " + number + " NODE " + id(to));
    for (std::size_t i = 0; i < kServers; ++i) {
      if (i != from && i != to) ask(i, "CLUSTER SETSLOT " + number + " NODE " + id(to));
    }
  }

 private:
  static constexpr std::size_t kSlots = 16'384;

  void wait() {
    for (int i = 0; i < 2'000; ++i) {
      bool good = true;
      for (auto& each : servers_) {
        const std::string info = each->ask("CLUSTER INFO");
        good = good && info.find("cluster_state:ok") != std::string::npos &&
               info.find("cluster_known_nodes:3") != std::string::npos &&
               info.find("cluster_slots_ok:16384") != std::string::npos;
      }
      if (good) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the Redis Cluster does not come up");
  }

  std::array<std::uint16_t, kServers> bus_ports_{};
  std::vector<std::unique_ptr<RedisProcess>> servers_;
};

// A master, a replica, and three sentinels that watch them.
class RedisSentinels {
 public:
  RedisSentinels() {
    replica_ = std::make_unique<RedisProcess>(
        std::vector<std::string>{"--replicaof", "127.0.0.1", std::to_string(master_.port()),
                                 "--repl-diskless-sync-delay", "0"});
    for (auto& each : sentinels_) each = RedisProcess::sentinel(config());
    wait();
  }

  RedisProcess& master() { return master_; }
  RedisProcess& replica() { return *replica_; }
  RedisProcess& sentinel(std::size_t i) { return *sentinels_[i]; }
  std::string url() const {
    std::string url = "redis+sentinel://";
    for (const auto& each : sentinels_) url += each->address() + ",";
    url.back() = '/';
    return url + "mymaster";
  }
  void kill() {
    for (auto& each : sentinels_) each->kill();
    master_.kill();
    replica_->kill();
  }
  void start() {
    master_.start();
    replica_->start();
    for (auto& each : sentinels_) each->start();
    wait();
  }

 private:
  std::string config() const {
    return "sentinel monitor mymaster 127.0.0.1 " + std::to_string(master_.port()) +
           " 2\nsentinel down-after-milliseconds mymaster 700\n"
           "sentinel failover-timeout mymaster 3000\n";
  }
  // A replica is "online" for its master before it has loaded what it was sent.
  bool is_replicated() const {
    RedisShell shell(master_.port());
    return shell.ask("PUBLISH ready 1") == "0" && shell.ask("WAIT 1 100") == "1";
  }
  // Until all know of each other and of the replica, and what is written now comes to it.
  void wait() {
    for (int i = 0; i < 2'000; ++i) {
      bool good = is_replicated();
      for (auto& each : sentinels_)
        good = good && each->ask("INFO sentinel").find("slaves=1,sentinels=3") != std::string::npos;
      if (good) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the sentinels do not find each other");
  }

  RedisProcess master_;
  std::unique_ptr<RedisProcess> replica_;
  std::array<std::unique_ptr<RedisProcess>, 3> sentinels_;
};

}  // namespace test
