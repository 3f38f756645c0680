// Who waits for an answer, as until everything is sent: on a loop, and on a thread without one.
#include "ws/answer_wait.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

#include "microframe/task.hpp"
#include "unit/ws/fake_device.hpp"
#include "unit/ws/fake_scheduler.hpp"

namespace microframe::ws {
namespace {

AnswerWait<bool> until_drained(FakeDevice& device) {
  return AnswerWait<bool>([&device](const auto& told) { device.when_drained(told); });
}

Task<> wait_for(FakeDevice& device, std::optional<bool>& drained) {
  AnswerWait<bool> wait = until_drained(device);
  drained = co_await wait;
}

class AnswerWaitOnLoop : public testing::Test {
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

TEST_F(AnswerWaitOnLoop, CoroutineGoesOnOnceEverythingIsSent) {
  begin();
  ASSERT_EQ(device.drains.size(), 1U);
  EXPECT_EQ(drained, std::nullopt);
  device.drains[0](true);
  EXPECT_EQ(drained, std::nullopt) << "by a post: the stream is on the stack";
  loop.run_all();
  EXPECT_EQ(drained, true);
}

TEST_F(AnswerWaitOnLoop, CoroutineIsToldThatTheConnectionIsGone) {
  begin();
  device.drains[0](false);
  loop.run_all();
  EXPECT_EQ(drained, false);
}

TEST_F(AnswerWaitOnLoop, WhoIsForgottenIsToldSo) {
  begin();
  device.drains.clear();
  EXPECT_EQ(drained, std::nullopt);
  loop.run_all();
  EXPECT_EQ(drained, false);
}

TEST_F(AnswerWaitOnLoop, CoroutineThatIsGoneIsNotResumed) {
  begin();
  task = {};
  device.drains[0](true);
  loop.run_all();
  EXPECT_EQ(drained, std::nullopt);
}

TEST_F(AnswerWaitOnLoop, CoroutineThatGoesWithThePostUnderWayIsNotResumed) {
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

TEST(AnswerWait, BlocksAThreadWithoutALoopUntilTheDeviceIsDrainedOrGone) {
  for (const bool outcome : {true, false}) {
    ElsewhereDevice device(outcome);
    AnswerWait<bool> wait = until_drained(device);
    EXPECT_TRUE(wait.await_ready()) << "nothing is left to wait for";
    EXPECT_EQ(wait.await_resume(), outcome);
  }
}

}  // namespace
}  // namespace microframe::ws
