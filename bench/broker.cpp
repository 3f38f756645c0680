// Appends a second through one Redis: messages of 200 bytes to N logs that keep 100 each, so many
// under way at once, for some seconds. Prints the rate, how long an append takes, and the CPU time of
// this process and of Redis.
//
//   redis-server --port 7000 --save "" &
//   bench_broker redis://127.0.0.1:7000 [logs [under way [seconds [followers]]]]

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cluster/redis_client.hpp"

namespace {

using microframe::RedisBroker;
using microframe::cluster::RedisClient;
using microframe::hub::Broker;
using Clock = std::chrono::steady_clock;

class Counter final : public Broker::Listener {
 public:
  void on_message(std::string_view, std::string_view) override {}
  void on_entry(std::string_view, std::uint64_t, const Broker::Entry&) override { ++entries; }
  void on_interrupted() override { std::fputs("interrupted\n", stderr); }
  void on_restored() override {}

  std::atomic<std::uint64_t> entries{0};
};

double cpu_s() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

std::size_t number(int argc, char** argv, int which, std::size_t otherwise) {
  return argc > which ? std::strtoul(argv[which], nullptr, 10) : otherwise;
}

// Keeps so many appends under way: each that is answered is followed by the next.
class Load {
 public:
  Load(RedisClient& broker, std::size_t logs) : broker_(broker), logs_(logs) {}

  void one() {
    Broker::Append what;
    what.log = "log" + std::to_string(begun_++ % logs_);
    what.bytes.assign(200, 'x');
    what.kept_max = 100;
    what.age_max = std::chrono::minutes(10);
    broker_.append(std::move(what),
                   [this, began = Clock::now()](auto given) { answered(began, given.ok()); });
  }
  void stop() { stopped_ = true; }
  std::uint64_t done() const { return done_; }
  std::uint64_t failed() const { return failed_; }
  std::vector<double> times() {
    const std::lock_guard lock(mutex_);
    return times_ms_;
  }

 private:
  void answered(Clock::time_point began, bool ok) {
    ++(ok ? done_ : failed_);
    if (done_ % 64 == 0) {
      const std::lock_guard lock(mutex_);
      times_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    if (!stopped_) one();
  }

  RedisClient& broker_;
  const std::size_t logs_;
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::vector<double> times_ms_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_broker URL [logs [under way [seconds [followers]]]]\n", stderr);
    return 2;
  }
  const std::size_t logs = number(argc, argv, 2, 100);
  const std::size_t under_way = number(argc, argv, 3, 1'024);
  const std::chrono::seconds time(number(argc, argv, 4, 5));
  const std::size_t followers = number(argc, argv, 5, 1);

  Counter counter;
  RedisClient broker{RedisBroker(argv[1])};
  broker.start(counter);
  for (int i = 0; i < 2'000 && !broker.is_up(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (!broker.is_up()) {
    std::fputs("cannot reach the broker\n", stderr);
    return 1;
  }
  for (std::size_t i = 0; i < (followers ? logs : 0); ++i)
    broker.follow("log" + std::to_string(i), [](auto) {});

  Load load(broker, logs);
  for (std::size_t i = 0; i < under_way; ++i) load.one();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const std::uint64_t done = load.done();
  const double cpu = cpu_s();
  const std::uint64_t commands = broker.counts().commands;
  const auto began = Clock::now();
  std::this_thread::sleep_for(time);
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  const auto appended = static_cast<double>(load.done() - done);
  const double used = cpu_s() - cpu;
  const auto scripts = static_cast<double>(broker.counts().commands - commands);
  load.stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  auto times = load.times();
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times.empty() ? 0.0 : times[static_cast<std::size_t>(part * double(times.size() - 1))];
  };
  std::printf(
      "%zu logs, %zu under way: %.0f appends/s, %.1f in a script, p50 %.2f ms, p99 %.2f ms, "
      "this process %.0f %% CPU (%.2f us an append), failed %llu, heard %llu\n",
      logs, under_way, appended / seconds, appended / std::max(scripts, 1.0), at(0.5), at(0.99),
      100 * used / seconds, 1e6 * used / std::max(appended, 1.0),
      static_cast<unsigned long long>(load.failed()),
      static_cast<unsigned long long>(counter.entries.load()));
  broker.stop();
}
