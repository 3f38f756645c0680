// A broker over Redis of a test, and questions to it that wait for their answers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/redis_client.hpp"
#include "support/eventually.hpp"
#include "unit/cluster/broker_contract.hpp"

namespace test {

class RedisNode {
 public:
  using Broker = microframe::hub::Broker;
  template <class T>
  using Outcome = microframe::base::Result<T, Broker::Failure>;

  // An answer that may come later.
  template <class T>
  class Later {
   public:
    Broker::Done<T> done() const {
      return [state = state_](Outcome<T> given) {
        const std::lock_guard lock(state->mutex);
        EXPECT_FALSE(state->given) << "a Done is called once";
        state->given.emplace(std::move(given));
      };
    }
    bool has_come() const {
      const std::lock_guard lock(state_->mutex);
      return state_->given.has_value();
    }
    // Waits for it.
    Outcome<T> get() const {
      eventually([&] { return has_come(); });
      const std::lock_guard lock(state_->mutex);
      if (!state_->given) return microframe::base::fail(Broker::Failure::refused);
      return *state_->given;
    }

   private:
    struct State {
      std::mutex mutex;
      std::optional<Outcome<T>> given;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
  };

  explicit RedisNode(const microframe::RedisBroker& which) : broker(which) { broker.start(ear); }
  explicit RedisNode(const std::string& url) : RedisNode(microframe::RedisBroker(url)) {}
  ~RedisNode() { broker.stop(); }

  void wait_until_up() {
    eventually([&] { return broker.is_up(); });
  }
  static Broker::Append message(std::string log, std::string bytes) {
    Broker::Append what;
    what.log = std::move(log);
    what.bytes = std::move(bytes);
    what.kept_max = 100'000;
    what.age_max = std::chrono::minutes(10);
    return what;
  }
  Later<Broker::Appended> append(const Broker::Append& what) {
    Later<Broker::Appended> later;
    broker.append(what, later.done());
    return later;
  }
  Later<Broker::Appended> append(const std::string& log, const std::string& bytes) {
    return append(message(log, bytes));
  }
  std::vector<std::string> texts(const std::string& log) {
    Later<Broker::Page> later;
    broker.read(log, 1, 100'000, later.done());
    std::vector<std::string> result;
    const auto page = later.get();
    EXPECT_TRUE(page.ok());
    if (!page) return result;
    for (const auto& entry : page->entries) result.push_back(entry.bytes);
    return result;
  }
  bool follow(const std::string& log) {
    Later<Broker::Nothing> later;
    broker.follow(log, later.done());
    return later.get().ok();
  }
  bool subscribe(const std::string& topic) {
    Later<Broker::Nothing> later;
    broker.subscribe(topic, later.done());
    return later.get().ok();
  }

  Ear ear;
  microframe::cluster::RedisClient broker;
};

template <class T>
std::optional<microframe::hub::Broker::Failure> failure(
    const microframe::base::Result<T, microframe::hub::Broker::Failure>& result) {
  if (result) return std::nullopt;
  return result.error();
}

}  // namespace test
