// A Redis with sentinels, and a Redis Cluster, pass the contract of every broker. The servers are
// started once for all tests of this program.

#include <memory>

#include "cluster/redis_client.hpp"
#include "support/redis_groups.hpp"
#include "unit/cluster/broker_contract.hpp"

namespace microframe::cluster {
namespace {

test::RedisCluster& cluster() {
  static test::RedisCluster made;
  return made;
}

class ClusterBench final : public test::BrokerBench {
 public:
  ClusterBench() {
    if (cut_) mend();
    lose_everything();
  }
  std::unique_ptr<hub::Broker> make() override {
    return std::make_unique<RedisClient>(RedisBroker(cluster().url()));
  }
  void lose_everything() override { cluster().ask_all("FLUSHALL"); }
  void cut() override {
    cluster().kill();
    cut_ = true;
  }
  void mend() override {
    cluster().start();
    cut_ = false;
  }
  bool has_several_servers() const override { return true; }

 private:
  static inline bool cut_ = false;
};

test::RedisSentinels& sentinels() {
  static test::RedisSentinels made;
  return made;
}

class SentinelBench final : public test::BrokerBench {
 public:
  SentinelBench() {
    if (cut_) mend();
    lose_everything();
  }
  std::unique_ptr<hub::Broker> make() override {
    return std::make_unique<RedisClient>(RedisBroker(sentinels().url()));
  }
  void lose_everything() override { sentinels().master().ask("FLUSHALL"); }
  void cut() override {
    sentinels().kill();
    cut_ = true;
  }
  void mend() override {
    sentinels().start();
    cut_ = false;
  }

 private:
  static inline bool cut_ = false;
};

std::unique_ptr<test::BrokerBench> make_cluster_bench() {
  return std::make_unique<ClusterBench>();
}

std::unique_ptr<test::BrokerBench> make_sentinel_bench() {
  return std::make_unique<SentinelBench>();
}

}  // namespace
}  // namespace microframe::cluster

namespace test {

INSTANTIATE_TEST_SUITE_P(RedisCluster, BrokerContract,
                         testing::Values(&microframe::cluster::make_cluster_bench));
INSTANTIATE_TEST_SUITE_P(RedisSentinel, BrokerContract,
                         testing::Values(&microframe::cluster::make_sentinel_bench));

}  // namespace test
