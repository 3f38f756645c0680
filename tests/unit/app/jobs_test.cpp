// What an application runs beside its hooks, on a real loop: when it is called, what it may throw, and
// what becomes of it at the end.
#include "app/jobs.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "microframe/config_error.hpp"
#include "support/eventually.hpp"
#include "support/served.hpp"
#include "unit/net/loop_thread.hpp"

namespace microframe::app {
namespace {

using namespace std::chrono_literals;
using detail::make_callback;
using test::eventually;

class JobsTest : public testing::Test {
 protected:
  ~JobsTest() override { end(); }
  // Before the variables of a test go that its callbacks use.
  void end() {
    thread_.on_loop([this] { jobs.end(); });
  }
  void begin() { jobs.begin(thread_.loop); }
  // Waits until the loop has run whatever was posted before.
  void settle() {
    thread_.on_loop([] {});
  }
  template <class F>
  void on_loop(F task) {
    thread_.on_loop(task);
  }
  bool on_own_loop() { return thread_.loop.is_current(); }

 private:
  net::LoopThread thread_;

 protected:
  Jobs jobs;
};

// Says when it is destroyed.
class Watched {
 public:
  explicit Watched(std::atomic<int>& destroyed) : destroyed_(&destroyed) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { ++*destroyed_; }

 private:
  std::atomic<int>* destroyed_;
};

Task<> wait_for_ever(std::atomic<int>& began, std::atomic<int>& destroyed) {
  const Watched watched(destroyed);
  ++began;
  while (true) co_await sleep_for(1h);
}

TEST_F(JobsTest, WhatIsAddedBeforeTheLoopRunsIsRunThereInOrder) {
  std::vector<int> order;
  std::atomic<int> elsewhere{0};
  for (int i = 0; i < 3; ++i)
    jobs.on_start(make_callback([&, i] {
      elsewhere += on_own_loop() ? 0 : 1;
      order.push_back(i);
    }));
  settle();
  EXPECT_TRUE(order.empty());
  begin();
  settle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(elsewhere, 0);
  jobs.on_start(make_callback([&] { order.push_back(3); }));  // while it serves
  settle();
  EXPECT_EQ(order.size(), 4U);
  end();
}

TEST_F(JobsTest, RepeatedCallsComeAnIntervalApart) {
  std::vector<std::chrono::steady_clock::time_point> calls;
  std::atomic<int> count{0};
  const auto begun = std::chrono::steady_clock::now();
  jobs.every(20ms, make_callback([&] {
               calls.push_back(std::chrono::steady_clock::now());
               ++count;
             }));
  begin();
  eventually([&] { return count >= 5; });
  on_loop([&] {
    for (std::size_t i = 0; i < calls.size(); ++i)
      EXPECT_GE(calls[i] - begun, 20ms * (i + 1) - 2ms) << "none comes early";
  });
  end();
}

TEST_F(JobsTest, RepeatedCallsNeverOverlapAndMissedOnesAreLeftOut) {
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  std::atomic<int> ended{0};
  const auto begun = std::chrono::steady_clock::now();
  jobs.every(2ms, make_callback([&]() -> Task<> {
               most = std::max(most.load(), ++at_once);
               co_await sleep_for(20ms);
               --at_once;
               ++ended;
             }));
  begin();
  eventually([&] { return ended >= 4; });
  EXPECT_EQ(most, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 80ms)
      << "nobody makes up for what was missed";
  end();
}

TEST_F(JobsTest, IntervalMustBePositive) {
  for (const auto interval : {0ms, -1ms}) {
    try {
      jobs.every(interval, make_callback([] {}));
      ADD_FAILURE() << interval.count();
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("write 1 or more"), std::string::npos);
    }
  }
}

TEST_F(JobsTest, WhatIsThrownIsLoggedAndEndsNothing) {
  test::LogCapture log;
  std::atomic<int> calls{0};
  jobs.on_start(make_callback([] { throw std::runtime_error("at the start"); }));
  jobs.on_start(make_callback([]() -> Task<> {
    co_await sleep_for(1ms);
    throw 5;
  }));
  jobs.spawn(make_callback([]() -> Task<> {
    throw std::runtime_error("in a task");
    co_return;
  }));
  jobs.every(2ms, make_callback([&]() -> Task<> {
               if (++calls % 2 == 0) co_await sleep_for(1ms);
               throw std::runtime_error("each time");
             }));
  begin();
  eventually([&] { return calls >= 6; });
  eventually([&] { return log.count("callback=every what=\"each time\"") >= 5; });
  EXPECT_EQ(log.count("callback=on_start what=\"at the start\""), 1U);
  EXPECT_EQ(log.count("callback=on_start what=\"an exception that is no std::exception\""), 1U);
  EXPECT_EQ(log.count("callback=spawn what=\"in a task\""), 1U);
  end();
}

TEST_F(JobsTest, SpawnedLambdaLivesAsLongAsItsCoroutine) {
  begin();
  std::atomic<int> seen{0};
  const auto shared = std::make_shared<int>(7);
  jobs.spawn(make_callback([held = shared, &seen]() -> Task<> {
    co_await sleep_for(5ms);
    seen = *held;
  }));
  eventually([&] { return seen == 7; });
  eventually([&] { return shared.use_count() == 1; });
  end();
}

Task<> note_later(std::atomic<int>& seen) {
  co_await sleep_for(1ms);
  seen = 1;
}

TEST_F(JobsTest, TaskMayBeSpawnedFromAnyThreadAtAnyTime) {
  std::atomic<int> before{0};
  std::atomic<int> after{0};
  std::atomic<int> within{0};
  jobs.spawn(note_later(before));
  begin();
  std::thread([&] { jobs.spawn(note_later(after)); }).join();
  jobs.spawn(make_callback([&] { jobs.spawn(note_later(within)); }));
  jobs.spawn(Task<>());  // nothing
  eventually([&] { return before + after + within == 3; });
  end();
}

TEST_F(JobsTest, WindingUpRepeatsNothingAndAwaitsWhatIsToBeDoneLast) {
  std::atomic<int> calls{0};
  std::vector<std::string> order;
  std::atomic<bool> ended{false};
  jobs.every(1ms, make_callback([&] { ++calls; }));
  jobs.on_stop(make_callback([&]() -> Task<> {
    order.emplace_back("first begins");
    co_await sleep_for(5ms);
    order.emplace_back("first ends");
  }));
  jobs.on_stop(make_callback([&] {
    order.emplace_back("second");
    throw std::runtime_error("fails");
  }));
  jobs.on_stop(make_callback([&] { order.emplace_back("third"); }));
  begin();
  eventually([&] { return calls >= 3; });
  EXPECT_TRUE(jobs.wind_up(10s, [&] { ended = true; }));
  settle();
  const int calls_then = calls;
  eventually([&] { return ended.load(); });
  EXPECT_EQ(order, (std::vector<std::string>{"first begins", "first ends", "second", "third"}));
  EXPECT_EQ(calls, calls_then);
  end();
}

TEST_F(JobsTest, WindingUpWithNothingToDoIsOverAtOnce) {
  std::atomic<int> calls{0};
  EXPECT_FALSE(jobs.wind_up(10s, [] { ADD_FAILURE(); })) << "before it began";
  jobs.every(1ms, make_callback([&] { ++calls; }));
  begin();
  EXPECT_FALSE(jobs.wind_up(10s, [] { ADD_FAILURE(); }));
  settle();
  const int calls_then = calls;
  std::this_thread::sleep_for(10ms);
  EXPECT_EQ(calls, calls_then);
  end();
}

TEST_F(JobsTest, WhatIsToBeDoneLastIsDestroyedWhenItTakesTooLong) {
  std::atomic<int> began{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> ended{0};
  std::atomic<int> others{0};
  jobs.on_stop(make_callback([&] { return wait_for_ever(began, destroyed); }));
  jobs.on_stop(make_callback([&] { ++others; }));
  begin();
  EXPECT_TRUE(jobs.wind_up(20ms, [&] { ++ended; }));
  eventually([&] { return ended == 1; });
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(others, 0);
  settle();
  EXPECT_EQ(ended, 1);
  end();
}

TEST_F(JobsTest, WhoeverIsInAHurryWaitsForNothing) {
  std::atomic<int> began{0};
  std::atomic<int> destroyed{0};
  std::vector<std::string> order;
  jobs.on_stop(make_callback([&] { return wait_for_ever(began, destroyed); }));
  begin();
  EXPECT_TRUE(jobs.wind_up(1h, [&] { order.emplace_back("ended"); }));
  eventually([&] { return began == 1; });
  jobs.hurry([&] { order.emplace_back("then"); });
  settle();
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(order, (std::vector<std::string>{"ended", "then"}));
  end();
}

TEST_F(JobsTest, TheEndDestroysWhatWaitsAndDropsWhatFollows) {
  std::atomic<int> began{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> late{0};
  begin();
  jobs.spawn(wait_for_ever(began, destroyed));
  jobs.every(1ms, make_callback([&] { return wait_for_ever(began, destroyed); }));
  eventually([&] { return began == 2; });
  end();
  EXPECT_EQ(destroyed, 2);
  jobs.spawn(make_callback([&] { ++late; }));
  jobs.every(1ms, make_callback([&] { ++late; }));
  settle();
  EXPECT_EQ(late, 0);
  end();
}

}  // namespace
}  // namespace microframe::app
