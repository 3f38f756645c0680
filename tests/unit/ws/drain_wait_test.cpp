// Who waits until everything is sent: on a loop, and on a thread without one.
#include "ws/drain_wait.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

#include "microframe/task.hpp"
#include "unit/ws/fake_device.hpp"
#include "unit/ws/fake_scheduler.hpp"

namespace microframe::ws {
namespace {

Task<> wait_for(FakeDevice& device, std::optional<bool>& drained) {
  DrainWait wait(device);
  drained = co_await wait;
}

class DrainWaitOnLoop : public testing::Test {
 protected:
  void begin() {
    task = wait_for(device, drained);
    task.start([](void*) {}, nullptr);
  }

  FakeScheduler loop;
  FakeDevice device;
  std::optional<bool> drained;
  Task<> task;
};

TEST_F(DrainWaitOnLoop, CoroutineGoesOnOnceEverythingIsSent) {
  begin();
  ASSERT_EQ(device.drains.size(), 1U);
  EXPECT_EQ(drained, std::nullopt);
  device.drains[0](true);
  EXPECT_EQ(drained, std::nullopt) << "by a post: the stream is on the stack";
  loop.run_all();
  EXPECT_EQ(drained, true);
}

TEST_F(DrainWaitOnLoop, CoroutineIsToldThatTheConnectionIsGone) {
  begin();
  device.drains[0](false);
  loop.run_all();
  EXPECT_EQ(drained, false);
}

TEST_F(DrainWaitOnLoop, CoroutineThatIsGoneIsNotResumed) {
  begin();
  task = {};
  device.drains[0](true);
  loop.run_all();
  EXPECT_EQ(drained, std::nullopt);
}

TEST_F(DrainWaitOnLoop, CoroutineThatGoesWithThePostUnderWayIsNotResumed) {
  begin();
  device.drains[0](true);
  task = {};
  loop.run_all();
  EXPECT_EQ(drained, std::nullopt);
}

// A device whose loop is a thread of its own.
class ElsewhereDevice final : public FakeDevice {
 public:
  explicit ElsewhereDevice(bool outcome) : outcome_(outcome) {}
  void when_drained(std::function<void(bool)> told) override {
    loop_ = std::jthread([outcome = outcome_, told = std::move(told)] { told(outcome); });
  }

 private:
  const bool outcome_;
  std::jthread loop_;
};

TEST(DrainWait, BlocksAThreadWithoutALoopUntilTheDeviceIsDrainedOrGone) {
  for (const bool outcome : {true, false}) {
    ElsewhereDevice device(outcome);
    DrainWait wait(device);
    EXPECT_TRUE(wait.await_ready()) << "nothing is left to wait for";
    EXPECT_EQ(wait.await_resume(), outcome);
  }
}

}  // namespace
}  // namespace microframe::ws
