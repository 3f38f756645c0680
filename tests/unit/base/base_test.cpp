// The pieces everything stands on: queues, timers, tasks, the log's escaping, JSON access.

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "base/log.hpp"
#include "base/log_text.hpp"
#include "base/mpsc_queue.hpp"
#include "base/shared_buffer.hpp"
#include "base/timer_wheel.hpp"
#include "microframe/config_error.hpp"
#include "microframe/json.hpp"
#include "microframe/task.hpp"

namespace microframe {
namespace {

using namespace std::string_literals;

TEST(MpscQueue, KeepsTheOrderOfEachProducer) {
  base::MpscQueue<int> queue;
  constexpr int kProducers = 4;
  constexpr int kEach = 5000;
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&queue, p] {
      for (int i = 0; i < kEach; ++i) queue.push(p * kEach + i);
    });
  }
  std::vector<int> next(kProducers, 0);
  for (int popped = 0; popped < kProducers * kEach;) {
    const auto value = queue.pop();
    if (!value) continue;
    ++popped;
    ASSERT_EQ(*value % kEach, next[static_cast<std::size_t>(*value / kEach)]++);
  }
  for (auto& producer : producers) producer.join();
  EXPECT_FALSE(queue.pop());
}

TEST(SharedBuffer, SharesAndFreesItsBytes) {
  base::SharedBuffer outlives;
  {
    const base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("bytes"));
    outlives = made;
    EXPECT_EQ(outlives.bytes().data(), made.bytes().data());
  }
  EXPECT_EQ(base::as_text(outlives.bytes()), "bytes");
  EXPECT_FALSE(base::SharedBuffer{});
}

TEST(SharedBuffer, HasOneCompanionForAll) {
  base::SharedBuffer companion;
  {
    const base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("plain"));
    int times = 0;
    const auto make = [&] {
      ++times;
      return base::SharedBuffer::copy(base::as_bytes("other"));
    };
    companion = made.companion(make);
    const base::SharedBuffer copy = made;
    EXPECT_EQ(copy.companion(make).bytes().data(), companion.bytes().data());
    EXPECT_EQ(times, 1);
    EXPECT_EQ(base::as_text(made.bytes()), "plain");
  }
  EXPECT_EQ(base::as_text(companion.bytes()), "other") << "it outlives whom it was made of";
}

TEST(SharedBuffer, IsItsOwnCompanionWhereNoneIsBetter) {
  base::SharedBuffer companion;
  {
    const base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("plain"));
    int times = 0;
    const auto make = [&] {
      ++times;
      return base::SharedBuffer{};
    };
    companion = made.companion(make);
    EXPECT_EQ(made.companion(make).bytes().data(), made.bytes().data());
    EXPECT_EQ(times, 1) << "it is not tried again";
  }
  EXPECT_EQ(base::as_text(companion.bytes()), "plain");
}

TEST(SharedBuffer, AgreesOnOneCompanionHoweverManyThreadsMakeOne) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 500; ++round) {
    std::vector<base::SharedBuffer> found(kThreads);
    {
      const base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("plain"));
      std::vector<std::thread> threads;
      for (auto& mine : found) {
        threads.emplace_back([&mine, made] {
          mine = made.companion([] { return base::SharedBuffer::copy(base::as_bytes("other")); });
        });
      }
      for (auto& thread : threads) thread.join();
    }
    for (const auto& one : found) ASSERT_EQ(one.bytes().data(), found.front().bytes().data());
    ASSERT_EQ(base::as_text(found.front().bytes()), "other");
  }
}

TEST(SharedBuffer, KnowsWhereItsContentBegins) {
  const auto made = base::SharedBuffer::make(
      6, [](base::MutableBytes out) { std::memcpy(out.data(), "head:x", 6); }, 5);
  EXPECT_EQ(base::as_text(made.bytes()), "head:x");
  EXPECT_EQ(base::as_text(made.content()), "x");
  EXPECT_EQ(base::as_text(made.own_copy().content()), "x");
  EXPECT_EQ(base::as_text(base::SharedBuffer::copy(base::as_bytes("all")).content()), "all");
  EXPECT_TRUE(base::SharedBuffer{}.content().empty());
  const auto other = [] {
    return base::SharedBuffer::make(
        3, [](base::MutableBytes out) { std::memcpy(out.data(), "h:y", 3); }, 2);
  };
  const base::SharedBuffer copy = made.own_copy();
  EXPECT_EQ(base::as_text(copy.companion(other).content()), "y") << "of a companion's copy";
}

TEST(SharedBuffer, ItsMakerMayCorrectTheContent) {
  const auto made = base::SharedBuffer::make(
      3, [](base::MutableBytes out) { std::memcpy(out.data(), "h:x", 3); }, 2);
  made.unshared_content()[0] = std::byte{'y'};
  EXPECT_EQ(base::as_text(made.bytes()), "h:y");
}

TEST(SharedBuffer, OwnCopyHasBytesAndSheddingOfTheOriginal) {
  base::SharedBuffer copy;
  {
    base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("plain"));
    made.set_shedding({base::Shedding::Rule::oldest, 7});
    copy = made.own_copy();
    EXPECT_NE(copy.bytes().data(), made.bytes().data());
  }
  EXPECT_EQ(base::as_text(copy.bytes()), "plain");
  EXPECT_EQ(copy.shedding().stream, 7U);
  EXPECT_FALSE(base::SharedBuffer{}.own_copy());
}

// Whoever asks first, the original or a copy, has it made for all.
TEST(SharedBuffer, OneCompanionIsMadeForABufferAndItsOwnCopies) {
  for (const bool original_first : {true, false}) {
    const base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("plain"));
    const base::SharedBuffer copy = made.own_copy();
    int times = 0;
    const auto make = [&] {
      ++times;
      return base::SharedBuffer::copy(base::as_bytes("other"));
    };
    const auto first = (original_first ? made : copy).companion(make);
    const auto second = (original_first ? copy : made).companion(make);
    EXPECT_EQ(times, 1);
    EXPECT_EQ(base::as_text(first.bytes()), "other");
    EXPECT_EQ(base::as_text(second.bytes()), "other");
    EXPECT_NE(first.bytes().data(), second.bytes().data()) << "it has a count of its own, too";
    EXPECT_EQ(copy.companion(make).bytes().data(), copy.companion(make).bytes().data());
  }
  const base::SharedBuffer made = base::SharedBuffer::copy(base::as_bytes("plain"));
  const base::SharedBuffer copy = made.own_copy();
  const auto none = [] { return base::SharedBuffer{}; };
  EXPECT_EQ(copy.companion(none).bytes().data(), copy.bytes().data());
}

class Timer final : public base::TimerNode {
 public:
  explicit Timer(std::function<void()> action = {}) : action_(std::move(action)) {}
  void on_deadline(std::uint64_t) override {
    ++fired;
    if (action_) action_();
  }
  int fired = 0;

 private:
  std::function<void()> action_;
};

TEST(TimerWheel, FiresAtTheDeadlineOrATickLaterButNeverBefore) {
  for (const std::uint64_t deadline :
       {0ULL, 1ULL, 99ULL, 100ULL, 5'000ULL, 25'600ULL, 25'601ULL, 1'000'000ULL}) {
    base::TimerWheel wheel;
    Timer timer;
    wheel.arm(timer, deadline);
    std::uint64_t now = 0;
    for (; timer.fired == 0 && now < deadline + 1000; now += 50) {
      wheel.advance(now);
      EXPECT_TRUE(timer.fired == 0 || now >= deadline);
    }
    EXPECT_EQ(timer.fired, 1) << deadline;
    EXPECT_LE(now, deadline + 2 * base::TimerWheel::kTickMs + 50) << deadline;
    EXPECT_TRUE(wheel.empty());
  }
}

TEST(TimerWheel, CatchesUpAfterALongPause) {
  base::TimerWheel wheel;
  Timer near;
  Timer far;
  wheel.arm(near, 500);
  wheel.arm(far, 100'000);
  wheel.advance(99'000);
  EXPECT_EQ(near.fired, 1);
  EXPECT_EQ(far.fired, 0);
  wheel.advance(1'000'000);
  EXPECT_EQ(far.fired, 1);
}

TEST(TimerWheel, ATimerArmedAgainInItsCallbackFiresOncePerTick) {
  // After a whole turn the next tick's slot is one that is just being fired.
  for (std::uint64_t deadline = 0; deadline < 60'000; deadline += base::TimerWheel::kTickMs) {
    base::TimerWheel wheel;
    std::uint64_t now = 60'000;
    Timer* again = nullptr;
    Timer timer([&] {
      if (again->fired < 10) wheel.arm(*again, now);
    });
    again = &timer;
    wheel.arm(timer, deadline);
    wheel.advance(now);
    EXPECT_EQ(timer.fired, 1) << deadline;
    wheel.advance(now += 2 * base::TimerWheel::kTickMs);
    EXPECT_EQ(timer.fired, 2) << deadline;
  }
}

TEST(TimerWheel, AllowsAnythingInsideACallback) {
  base::TimerWheel wheel;
  auto victim = std::make_unique<Timer>();
  Timer moved;
  Timer again([&] {
    if (again.fired == 1) wheel.arm(again, 700);
  });
  Timer killer([&] {
    victim.reset();
    wheel.cancel(moved);
    wheel.arm(moved, 900);
  });
  for (Timer* timer : {&killer, &again, &moved}) wheel.arm(*timer, 100);
  wheel.arm(*victim, 100);
  wheel.advance(300);
  EXPECT_EQ(victim, nullptr);
  EXPECT_EQ(moved.fired, 0);
  wheel.advance(2000);
  EXPECT_EQ(moved.fired, 1);
  EXPECT_EQ(again.fired, 2);
}

Task<int> one() {
  co_return 1;
}
Task<int> sum(int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += co_await one();
  co_return total;
}
Task<> fail() {
  co_await sleep_for(std::chrono::milliseconds(0));
  throw std::runtime_error("from a task");
}

TEST(Task, AwaitsWithoutGrowingTheStack) {
  EXPECT_EQ(sync_wait(sum(1'000'000)), 1'000'000);
}
TEST(Task, ThrowsWhatItsCoroutineThrows) {
  EXPECT_THROW(sync_wait(fail()), std::runtime_error);
}
TEST(Task, IsLazy) {
  bool ran = false;
  const auto make = [&]() -> Task<> {
    ran = true;
    co_return;
  };
  {
    Task<> never = make();
  }
  EXPECT_FALSE(ran);
}
TEST(Task, OffloadRunsInPlaceWithoutALoop) {
  const auto work = []() -> Task<std::string> {
    auto working = offload([] { return std::string("done"); });
    co_return co_await working;
  };
  EXPECT_EQ(sync_wait(work()), "done");
}

TEST(Log, EscapesWhatAPeerWrote) {  // scenario 12
  EXPECT_EQ(base::escaped("plain"), "plain");
  EXPECT_EQ(base::escaped("two words"), "\"two words\"");
  EXPECT_EQ(base::escaped("\x1B[31m\r\n"), "\\x1b[31m\\x0d\\x0a");
  EXPECT_EQ(base::escaped("\xC3\xA9"), "\\xc3\\xa9");
  EXPECT_EQ(base::escaped("a\"b"), "\"a\\\"b\"");
  EXPECT_EQ(base::escaped(""), "\"\"");
  EXPECT_EQ(base::escaped(std::string(300, 'x')), std::string(256, 'x') + "...");
}

TEST(JsonAccess, ReadsStringsAndSaysWhatIsWrong) {
  const Json message = {{"a", "text"}, {"b", 1}};
  EXPECT_EQ(text(message, "a"), "text");
  EXPECT_EQ(text_or(message, "b", "otherwise"), "otherwise");
  for (const char* key : {"b", "c"}) EXPECT_THROW(text(message, key), BadMessage);
  EXPECT_THROW(text(Json(1), "a"), BadMessage);
}

TEST(Config, RefusesAMissingVariableOrFileWithAdvice) {
  const auto what = [](auto action) {
    try {
      action();
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return ""s;
  };
  EXPECT_NE(what([] { env("MICROFRAME_NOT_SET"); }).find("export MICROFRAME_NOT_SET="),
            std::string::npos);
  EXPECT_NE(what([] { read_file("/nowhere/at/all"); }).find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace microframe
