// How the client of a session comes back: in time, too late, twice, while a hook runs; over a host
// that notes what it is asked to do.
#include "ws/resumer.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using State = Life::State;
using Event = Life::Event;
using Log = std::vector<std::string>;

class ResumerTest : public testing::Test, public ResumerHost {
 protected:
  ResumerTest() { life.on(Event::begin); }

  // ResumerHost
  bool hooks_are_free() const override { return hooks_free; }
  bool is_latest(const Resumption& resumption) override {
    if (resumption.attempt <= latest) return false;
    latest = resumption.attempt;
    return true;
  }
  bool can_resume(const Resumption& resumption) const override {
    return resumption.received >= forgotten;
  }
  void release_stream() override {
    note("release stream");
    if (life.is_open() && !resumer.suspend()) life.on(Event::end);
  }
  void go_on_with(Resumption resumption) override {
    note("go on with " + std::to_string(resumption.attempt));
    EXPECT_EQ(life.on(Event::hooks_free), Life::Action::go_on);
  }
  void begin_anew(Resumption resumption) override {
    note("begin anew with " + std::to_string(resumption.attempt));
  }
  void reserve_end() override {
    if (memory_is_out) throw std::bad_alloc();
    note("reserve end");
  }
  void wind_up() override {
    note("wind up");
    if (auto successor = resumer.end()) begin_anew(std::move(*successor));
  }
  void on_nobody_came() override { note("nobody came"); }
  void later(std::function<void()> task) override { tasks.push_back(std::move(task)); }

  void note(std::string line) { log.push_back(std::move(line)); }
  Log taken() { return std::exchange(log, {}); }
  void come(std::uint64_t attempt, std::uint64_t received = 0) {
    Resumption resumption{};
    resumption.attempt = attempt;
    resumption.received = received;
    resumer.resume(std::move(resumption));
  }
  // The loop's own stack.
  void run_later() {
    while (!tasks.empty()) {
      const auto task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }
  void suspend() {
    ASSERT_TRUE(resumer.suspend());
    resumer.stream_over();
    ASSERT_EQ(life.state(), State::suspended);
  }
  // Has the wheel see the moment that lies so long after the begin of the test.
  void pass(std::chrono::milliseconds time) {
    loop.wheel().advance(loop.now_ms() + static_cast<std::uint64_t>(time.count()));
  }

  Log log;
  std::deque<std::function<void()>> tasks;
  bool hooks_free = true;
  bool memory_is_out = false;
  std::uint64_t latest = 0;     // of all attempts
  std::uint64_t forgotten = 0;  // frames that are not kept any more

  net::Loop loop;  // never run: its clock stands still
  base::Slots places{2};
  Life life;
  Resumer resumer{loop, 60s, places, life, *this};
};

// --- suspended

TEST_F(ResumerTest, SuspendedSessionTakesAPlace) {
  EXPECT_TRUE(resumer.suspend());
  EXPECT_EQ(life.state(), State::suspended);
  EXPECT_EQ(places.taken(), 1U);
}

TEST_F(ResumerTest, SessionIsNotSuspendedWhereAllPlacesAreTaken) {
  const auto one = places.take();
  const auto two = places.take();
  EXPECT_FALSE(resumer.suspend());
  EXPECT_EQ(life.state(), State::open) << "its owner must end it";
  EXPECT_EQ(places.taken(), 2U);
}

TEST_F(ResumerTest, SessionThatHasEndedIsNotSuspendedAndTakesNoPlace) {
  life.on(Event::end);
  EXPECT_FALSE(resumer.suspend());
  EXPECT_EQ(life.state(), State::closing);
  EXPECT_EQ(places.taken(), 0U);
}

TEST_F(ResumerTest, NobodyCameOnceTheTimeToLiveIsOver) {
  suspend();
  pass(59s);
  EXPECT_EQ(taken(), Log{});
  pass(61s);
  EXPECT_EQ(taken(), Log{"nobody came"});
  pass(200s);
  EXPECT_EQ(taken(), Log{}) << "told once";
}

TEST_F(ResumerTest, ClockDoesNotEndTheWaitBeforeTheStreamIsOver) {
  EXPECT_TRUE(resumer.suspend());
  pass(61s);
  EXPECT_EQ(taken(), Log{});
  resumer.stream_over();
  pass(62s);
  EXPECT_EQ(taken(), Log{"nobody came"}) << "the wait began with suspend()";
}

TEST_F(ResumerTest, StreamOfASessionThatHasEndedArmsNothing) {
  life.on(Event::end);
  resumer.stream_over();
  EXPECT_TRUE(loop.wheel().empty());
}

// --- in time

TEST_F(ResumerTest, ClientThatComesInTimeGoesOnFromTheLoopsOwnStack) {
  suspend();
  come(1);
  EXPECT_EQ(life.state(), State::resuming);
  EXPECT_EQ(taken(), Log{"release stream"});
  run_later();
  EXPECT_EQ(taken(), Log{"go on with 1"});
  EXPECT_EQ(life.state(), State::open);
  EXPECT_EQ(places.taken(), 0U) << "the session waits no longer";
  EXPECT_TRUE(loop.wheel().empty());
}

TEST_F(ResumerTest, ClientWhoseOldStreamIsOpenTakesTheSessionFromIt) {
  come(1);
  EXPECT_EQ(taken(), Log{"release stream"});
  EXPECT_EQ(life.state(), State::resuming);
  run_later();
  EXPECT_EQ(taken(), Log{"go on with 1"});
  EXPECT_EQ(life.state(), State::open);
}

TEST_F(ResumerTest, ClientWhoseOldStreamIsOpenBeginsAnewWhereAllPlacesAreTaken) {
  const auto one = places.take();
  const auto two = places.take();
  come(1);
  EXPECT_EQ(taken(), (Log{"release stream", "begin anew with 1"}));
  EXPECT_TRUE(life.has_ended());
}

TEST_F(ResumerTest, SessionMayBeResumedAgainAndAgain) {
  for (std::uint64_t attempt = 1; attempt <= 3; ++attempt) {
    suspend();
    come(attempt);
    run_later();
    EXPECT_EQ(taken(), (Log{"release stream", "go on with " + std::to_string(attempt)}));
  }
}

TEST_F(ResumerTest, AttemptThatCameEarlierEvictsNobody) {
  come(5);
  run_later();
  taken();
  come(5);
  come(4);
  run_later();
  EXPECT_EQ(taken(), Log{});
  EXPECT_EQ(life.state(), State::open);
}

// --- while a hook runs

TEST_F(ResumerTest, ClientIsHeldUntilNoHookRuns) {
  suspend();
  hooks_free = false;
  come(1);
  run_later();
  EXPECT_EQ(taken(), Log{"release stream"});
  EXPECT_EQ(life.state(), State::resuming);
  hooks_free = true;
  resumer.hook_ended();
  EXPECT_EQ(taken(), Log{}) << "the hook that has ended is on the stack";
  run_later();
  EXPECT_EQ(taken(), Log{"go on with 1"});
}

TEST_F(ResumerTest, ClientIsNotGoneOnWithWhereTheNextHookRunsAlready) {
  suspend();
  come(1);
  hooks_free = false;
  run_later();
  EXPECT_EQ(taken(), Log{"release stream"});
  EXPECT_EQ(life.state(), State::resuming);
}

TEST_F(ResumerTest, HeldClientDoesNotWaitForAHookForEver) {
  suspend();
  hooks_free = false;
  come(1);
  taken();
  pass(59s);
  EXPECT_EQ(taken(), Log{});
  pass(61s);
  EXPECT_EQ(taken(), Log{"nobody came"});
}

TEST_F(ResumerTest, LaterClientTakesThePlaceOfTheOneThatIsHeld) {
  suspend();
  hooks_free = false;
  come(1);
  come(2);
  hooks_free = true;
  resumer.hook_ended();
  run_later();
  EXPECT_EQ(taken(), (Log{"release stream", "release stream", "go on with 2"}));
}

TEST_F(ResumerTest, HookThatEndsInAnOpenSessionChangesNothing) {
  resumer.hook_ended();
  EXPECT_TRUE(tasks.empty());
  suspend();
  resumer.hook_ended();
  EXPECT_TRUE(tasks.empty()) << "nobody has come yet";
}

// --- too late, or too little is kept

TEST_F(ResumerTest, ClientThatMissesFramesBeginsAnewAndTheSessionEnds) {
  suspend();
  forgotten = 10;
  come(1, 9);
  EXPECT_EQ(taken(), (Log{"release stream", "begin anew with 1", "release stream", "reserve end",
                          "wind up"}));
  EXPECT_EQ(life.state(), State::ending);
}

TEST_F(ResumerTest, ClientThatHasAllFramesNeedsNoneThatAreForgotten) {
  suspend();
  forgotten = 10;
  come(1, 10);
  run_later();
  EXPECT_EQ(taken(), (Log{"release stream", "go on with 1"}));
}

TEST_F(ResumerTest, HeldClientWhoseFramesArePushedOutBeginsAnew) {
  suspend();
  hooks_free = false;
  come(1, 9);
  taken();
  forgotten = 10;
  hooks_free = true;
  resumer.hook_ended();
  run_later();
  EXPECT_EQ(taken(), (Log{"begin anew with 1", "release stream", "reserve end", "wind up"}))
      << "begun anew only once";
  EXPECT_EQ(life.state(), State::ending);
}

TEST_F(ResumerTest, ClientOfASessionThatHasEndedBeginsAnew) {
  for (const Event event : {Event::end, Event::stream_over, Event::hooks_over}) {
    life.on(event);
    come(1);
    EXPECT_EQ(taken(), Log{"begin anew with 1"}) << to_string(life.state());
  }
  EXPECT_EQ(life.state(), State::gone);
}

TEST_F(ResumerTest, ClientOfASessionThatExpiresBeginsAnew) {
  suspend();
  hooks_free = false;
  resumer.expire();
  taken();
  come(1);
  EXPECT_EQ(taken(), Log{"begin anew with 1"});
  EXPECT_EQ(life.state(), State::expiring);
}

// --- expired

TEST_F(ResumerTest, SessionThatExpiresWindsUpAtOnceWhereNoHookRuns) {
  suspend();
  resumer.expire();
  EXPECT_EQ(taken(), (Log{"release stream", "reserve end", "wind up"}));
  EXPECT_EQ(life.state(), State::ending);
  EXPECT_EQ(places.taken(), 0U);
  EXPECT_TRUE(loop.wheel().empty());
}

TEST_F(ResumerTest, SessionThatExpiresWaitsForTheHookThatRuns) {
  suspend();
  hooks_free = false;
  resumer.expire();
  EXPECT_EQ(taken(), Log{"release stream"});
  EXPECT_EQ(life.state(), State::expiring);
  hooks_free = true;
  resumer.hook_ended();
  EXPECT_EQ(taken(), Log{});
  run_later();
  EXPECT_EQ(taken(), (Log{"release stream", "reserve end", "wind up"}));
  EXPECT_EQ(life.state(), State::ending);
}

TEST_F(ResumerTest, HeldClientBeginsAnewWhenTheSessionExpires) {
  suspend();
  hooks_free = false;
  come(1);
  resumer.expire();
  taken();
  hooks_free = true;
  resumer.hook_ended();
  run_later();
  EXPECT_EQ(taken(), (Log{"release stream", "reserve end", "wind up", "begin anew with 1"}));
}

TEST_F(ResumerTest, SessionThatLacksMemoryForItsEndExpiresWhenItIsCalledAgain) {
  suspend();
  memory_is_out = true;
  EXPECT_THROW(resumer.expire(), std::bad_alloc);
  EXPECT_EQ(life.state(), State::expiring);
  memory_is_out = false;
  taken();
  resumer.expire();
  EXPECT_EQ(taken(), (Log{"release stream", "reserve end", "wind up"}));
}

TEST_F(ResumerTest, OpenSessionDoesNotExpire) {
  resumer.expire();
  EXPECT_EQ(taken(), Log{});
  EXPECT_EQ(life.state(), State::open);
}

TEST_F(ResumerTest, SessionThatHasWoundUpDoesNotExpireAgain) {
  suspend();
  resumer.expire();
  taken();
  resumer.expire();
  run_later();
  EXPECT_EQ(taken(), Log{});
}

TEST_F(ResumerTest, EndGivesBackThePlaceAndTheStreamThatWasHeld) {
  suspend();
  hooks_free = false;
  come(3);
  EXPECT_EQ(places.taken(), 1U);
  const auto held = resumer.end();
  ASSERT_TRUE(held);
  EXPECT_EQ(held->attempt, 3U);
  EXPECT_EQ(places.taken(), 0U);
  EXPECT_TRUE(loop.wheel().empty());
  EXPECT_FALSE(resumer.end());
}

}  // namespace
}  // namespace microframe::ws
