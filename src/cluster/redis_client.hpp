// RedisClient: a broker that is a Redis, a Redis with sentinels or a Redis Cluster (hub/broker.hpp
// says what a broker is). A thread of its own has all connections; what other threads ask is queued
// and wakes that thread once. Threading: as Broker's; counts() from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "cluster/redis_counts.hpp"
#include "cluster/redis_settings.hpp"
#include "cluster/timeline.hpp"
#include "hub/broker.hpp"
#include "net/loop.hpp"

namespace microframe::cluster {

class RedisClient final : public hub::Broker, public Timeline {
 public:
  // Of what has been asked and not answered; more is refused as Failure::full.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{64} << 20;

  // errors: ConfigError, as RedisSettings.
  explicit RedisClient(const RedisBroker& broker);
  ~RedisClient() override;

  void start(Listener& listener) override;
  void stop() override;
  bool is_up() const override { return up_.load(std::memory_order_relaxed); }

  void subscribe(std::string topic, Done<Nothing> done) override;
  void unsubscribe(std::string topic) override;
  void publish(std::string topic, std::string bytes) override;

  void append(Append what, Done<Appended> done) override;
  void read(std::string log, std::uint64_t from, std::size_t limit, Done<Page> done) override;
  void positions(std::vector<std::string> logs, Done<std::vector<Position>> done) override;
  void follow(std::string log, Done<Nothing> done) override;
  void unfollow(std::string log) override;
  void renew(std::string log, std::uint64_t epoch, Done<Position> done) override;

  void put(std::string name, std::string bytes, std::chrono::milliseconds for_time, bool if_absent,
           Done<bool> done) override;
  void get(std::vector<std::string> names,
           Done<std::vector<std::optional<std::string>>> done) override;
  void take(std::string name, Done<std::optional<std::string>> done) override;

  void enter(std::string roll, std::string name, std::string node, Done<bool> done) override;
  void leave(std::string roll, std::string name, std::string node, Done<bool> done) override;
  void strike(std::string roll, std::string node, Done<std::vector<std::string>> done) override;

  const RedisCounts& counts() const { return counts_; }

  // Timeline: that of the broker's thread. What was posted before start() runs once it has started;
  // nothing runs any more once stop() has returned.
  void post(std::function<void()> task) override { loop_->post(std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    loop_->after(delay, std::move(task));
  }
  std::uint64_t now_ms() const override;

 private:
  class Core;
  using Ask = std::function<void(Core&)>;

  void ask(Ask what) MICROFRAME_EXCLUDES(mutex_);
  // Asks, unless too much is waiting; then done is told so.
  template <class T, class What>
  void ask(std::size_t bytes, Done<T> done, What&& what);
  void drain() MICROFRAME_EXCLUDES(mutex_);

  const RedisSettings settings_;
  RedisCounts counts_;
  std::atomic<bool> up_{false};
  const std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<Core> core_;  // the thread's
  std::thread thread_;
  base::Mutex mutex_;
  std::vector<Ask> asked_ MICROFRAME_GUARDED_BY(mutex_);
  enum class Life : std::uint8_t { idle, serving, over };
  Life life_ MICROFRAME_GUARDED_BY(mutex_) = Life::idle;
};

}  // namespace microframe::cluster
