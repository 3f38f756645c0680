// Who waits for the answers of several devices: on a loop, on a thread without one, and what comes
// of answers that never come.
#include "ws/ack_wait.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "microframe/task.hpp"
#include "microframe/ws/ack.hpp"
#include "support/counted_heap.hpp"
#include "unit/ws/asked_member.hpp"
#include "unit/ws/fake_device.hpp"
#include "unit/ws/stepped_loop.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using Log = std::vector<std::string>;

class AckWaitTest : public testing::Test {
 protected:
  AckWaitTest() {
    for (const char* user : {"alice", "bob", "carol"}) members.emplace_back(new AskedMember(user));
    std::vector<base::Ref<hub::Member>> all;
    for (const auto& member : members) all.emplace_back(member.get());
    wait.emplace(std::move(all), Json("how"), 5000ms);
  }
  // returns: whose answers have come, in the order in which they are given.
  Log answers() {
    Log users;
    for (const Ack& ack : wait->take())
      users.push_back(ack.data.is_string() ? std::string(ack.data.get_string()) : "");
    return users;
  }

  std::vector<base::Ref<AskedMember>> members;
  std::optional<AckWait> wait;
};

// --- a thread without a loop

TEST_F(AckWaitTest, NobodyToAskEndsTheWaitAtOnce) {
  AckWait none({}, Json("how"), 5000ms);
  EXPECT_TRUE(none.await_ready());
  EXPECT_TRUE(none.take().empty());
}

TEST_F(AckWaitTest, ThreadWithoutALoopBlocksUntilAllHaveAnswered) {
  for (const auto& member : members) member->at_once = true;
  EXPECT_TRUE(wait->await_ready());
  EXPECT_EQ(answers(), (Log{"alice", "bob", "carol"}));
  EXPECT_EQ(members[2]->asked, R"("how" within 5000)");
}

// Answers from a thread of its own, as a loop does.
class ElsewhereMember final : public hub::Member {
 public:
  explicit ElsewhereMember(std::jthread& loop) : Member("dave", 0), loop_(loop) {}
  void deliver(const base::Frame&) override {}
  void ask(const Json&, std::chrono::milliseconds, const Answered& told) override {
    loop_ =
        std::jthread([this, told] { told(Ack(WebSocket(handle_), AckStatus::timed_out, Json())); });
  }

 private:
  std::jthread& loop_;
  FakeDevice handle_;
};

TEST_F(AckWaitTest, BlockedThreadIsWokenByAnAnswerFromAnotherThread) {
  std::jthread loop;
  const base::Ref<ElsewhereMember> dave(new ElsewhereMember(loop));
  members[0]->at_once = true;
  std::vector<base::Ref<hub::Member>> both;
  both.emplace_back(dave.get());
  both.emplace_back(members[0].get());
  AckWait two(std::move(both), Json("how"), 5000ms);
  EXPECT_TRUE(two.await_ready());
  loop.join();
  const auto acks = two.take();
  ASSERT_EQ(acks.size(), 2U);
  EXPECT_EQ(acks[0].status, AckStatus::timed_out) << "in the members' order";
  EXPECT_EQ(acks[1].status, AckStatus::acknowledged);
}

// --- on a loop

Task<> wait_for(AckWait& wait, Log& log) {
  log.emplace_back("waits");
  co_await wait;
  log.emplace_back("goes on");
}

class AckWaitOnLoop : public AckWaitTest {
 protected:
  void begin() {
    task = wait_for(*wait, log);
    task.start([](void*) {}, nullptr);
  }
  Log taken() { return std::exchange(log, {}); }

  Log log;
  SteppedLoop stepped;
  Task<> task;
};

TEST_F(AckWaitOnLoop, CoroutineGoesOnWhenTheLastHasAnswered) {
  stepped.run({[&] { begin(); },
               [&] {
                 members[2]->answer();
                 members[0]->answer();
               },
               [&] { EXPECT_EQ(taken(), Log{"waits"}); },
               [&] {
                 members[1]->answer();
                 EXPECT_EQ(taken(), Log{}) << "whoever answers is on the stack";
               },
               [&] { EXPECT_EQ(taken(), Log{"goes on"}); }});
  EXPECT_EQ(answers(), (Log{"alice", "bob", "carol"}));
}

TEST_F(AckWaitOnLoop, CoroutineGoesOnWhenAllAnswerAtOnce) {
  for (const auto& member : members) member->at_once = true;
  stepped.run({[&] { begin(); }, [&] { EXPECT_EQ(taken(), (Log{"waits", "goes on"})); }});
}

TEST_F(AckWaitOnLoop, DeviceThatCouldNotBeAskedIsLeftOut) {
  stepped.run({[&] { begin(); },
               [&] {
                 members[0]->answer();
                 members[1]->drop_question();
                 members[2]->answer();
               },
               [&] { EXPECT_EQ(taken(), (Log{"waits", "goes on"})); }});
  EXPECT_EQ(answers(), (Log{"alice", "carol"}));
}

TEST_F(AckWaitOnLoop, AnswersForACoroutineThatIsGoneAreDropped) {
  stepped.run({[&] { begin(); },
               [&] {
                 task = {};
                 wait.reset();
               },
               [&] {
                 for (const auto& member : members) member->answer();
               },
               [&] { stepped.pass(10'000); }, [&] { EXPECT_EQ(taken(), Log{"waits"}); }});
}

TEST_F(AckWaitOnLoop, ClockAloneEndsNoWait) {
  stepped.run({[&] { begin(); }, [&] { stepped.pass(6'000); },
               [&] { EXPECT_EQ(taken(), Log{"waits"}) << "somebody has still to answer"; },
               [&] {
                 for (const auto& member : members) member->answer();
               },
               [&] { EXPECT_EQ(taken(), Log{"goes on"}); }});
}

TEST_F(AckWaitOnLoop, WithoutMemoryForTheLastAnswerTheClockEndsTheWait) {
  if (!test::kHeapCanRefuse) GTEST_SKIP() << "this sanitizer's heap cannot refuse";
  stepped.run({[&] { begin(); },
               [&] {
                 members[0]->answer();
                 members[1]->answer();
                 test::heap_refuses = [] { return true; };
                 members[2]->drop_question();
                 test::heap_refuses = nullptr;
               },
               [&] { EXPECT_EQ(taken(), Log{"waits"}); }, [&] { stepped.pass(6'000); },
               [&] { EXPECT_EQ(taken(), Log{"goes on"}); }});
}

}  // namespace
}  // namespace microframe::ws
