// The contract of a Broker (src/hub/broker.hpp), as tests that every broker passes. A broker's own
// test program makes them run:
//   INSTANTIATE_TEST_SUITE_P(Memory, BrokerContract, testing::Values(&make_memory_bench));
// Nothing here turns a clock: brokers run on threads of their own.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "hub/broker.hpp"
#include "support/eventually.hpp"

namespace test {

// What a kind of broker gives the tests: brokers that share what they carry, and faults.
class BrokerBench {
 public:
  virtual ~BrokerBench() = default;
  // Another broker on the same bus, not yet started. The bench outlives its brokers.
  virtual std::unique_ptr<microframe::hub::Broker> make() = 0;
  // All that the brokers keep is lost, as by FLUSHALL.
  virtual void lose_everything() = 0;
  // None of the brokers can be reached, until mend(): new connections are refused, and those that
  // were there have ended.
  virtual void cut() = 0;
  virtual void mend() = 0;
  // Whether topics lie on several servers, so that there is no order among them.
  virtual bool has_several_servers() const { return false; }
};

// Writes down what a broker tells. Any thread.
class Ear final : public microframe::hub::Broker::Listener {
 public:
  struct Entry {
    std::string log;
    std::uint64_t epoch;
    microframe::hub::Broker::Entry entry;
  };

  void on_message(std::string_view topic, std::string_view bytes) override;
  void on_entry(std::string_view log, std::uint64_t epoch,
                const microframe::hub::Broker::Entry& entry) override;
  void on_interrupted() override;
  void on_restored() override;

  std::vector<std::string> heard(std::string_view topic) const;
  std::vector<Entry> entries() const;
  std::size_t interruptions() const;
  std::size_t restorations() const;
  std::thread::id thread() const;  // on which it was called last

 private:
  struct Message {
    std::string topic;
    std::string bytes;
  };

  void note();

  mutable std::mutex mutex_;
  std::vector<Message> messages_;
  std::vector<Entry> entries_;
  std::size_t interruptions_ = 0;
  std::size_t restorations_ = 0;
  std::thread::id thread_;
};

using MakeBench = std::unique_ptr<BrokerBench> (*)();

class BrokerContract : public testing::TestWithParam<MakeBench> {
 protected:
  using Broker = microframe::hub::Broker;
  template <class T>
  using Outcome = microframe::base::Result<T, Broker::Failure>;

  // A broker that is started, and what it tells.
  struct Node {
    Ear ear;
    std::unique_ptr<Broker> broker;

    explicit Node(std::unique_ptr<Broker> made) : broker(std::move(made)) { broker->start(ear); }
    ~Node() { broker->stop(); }
    Broker* operator->() { return broker.get(); }
  };

  // Waits until ask(done) has called done.
  template <class T, class Ask>
  static std::optional<Outcome<T>> outcome(Ask&& ask);
  // The same, where the answer must be a value.
  template <class T, class Ask>
  static T value(Ask&& ask);

  // A started broker that can be reached.
  std::unique_ptr<Node> node();
  static void subscribe(Node& node, const std::string& topic);
  static void follow(Node& node, const std::string& log);
  static Broker::Append message(const std::string& log, const std::string& bytes);
  static Broker::Appended append(Node& node, const Broker::Append& what);
  static Broker::Page read(Node& node, const std::string& log, std::uint64_t from = 1,
                           std::size_t limit = 100);
  static std::vector<std::string> texts(const Broker::Page& page);

  std::unique_ptr<BrokerBench> bench = GetParam()();
};

}  // namespace test
