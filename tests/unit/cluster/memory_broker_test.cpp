#include "cluster/memory_broker.hpp"

#include <memory>
#include <vector>

#include "unit/cluster/broker_contract.hpp"
#include "unit/cluster/thread_timeline.hpp"

namespace microframe::cluster {
namespace {

class MemoryBench final : public test::BrokerBench {
 public:
  std::unique_ptr<hub::Broker> make() override {
    timelines_.push_back(std::make_unique<test::ThreadTimeline>());
    auto broker = std::make_unique<MemoryBroker>(bus_, *timelines_.back());
    broker->set_up(up_);
    brokers_.push_back(broker.get());
    return broker;
  }
  void lose_everything() override { bus_->forget(); }
  void cut() override { set_up(false); }
  void mend() override { set_up(true); }

 private:
  void set_up(bool up) {
    up_ = up;
    for (MemoryBroker* broker : brokers_) broker->set_up(up);
  }

  const std::shared_ptr<MemoryBus> bus_ = std::make_shared<MemoryBus>();
  std::vector<std::unique_ptr<test::ThreadTimeline>> timelines_;
  std::vector<MemoryBroker*> brokers_;  // a test that cuts them still has them
  bool up_ = true;
};

std::unique_ptr<test::BrokerBench> make_memory_bench() {
  return std::make_unique<MemoryBench>();
}

}  // namespace
}  // namespace microframe::cluster

namespace test {

INSTANTIATE_TEST_SUITE_P(Memory, BrokerContract,
                         testing::Values(&microframe::cluster::make_memory_bench));

}  // namespace test
