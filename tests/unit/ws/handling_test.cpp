// What a session knows of the message that its hook handles, and what an answer waits for.
#include "ws/handling.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "unit/ws/session_rig.hpp"
#include "v1/server_frames.hpp"

namespace microframe::ws {
namespace {

using Pending = Handling::Pending;

constexpr char kUnavailable[] = "what the hook published could not be stored in time";

class HandlingTest : public SessionRig {
 protected:
  HandlingTest() : SessionRig(Limits(), true) {}

  // A message whose hook leaves `count` things pending.
  Lines pending_message(std::uint64_t id, int count = 1, std::string_view data = "{}") {
    chat.meanwhile = [this, count] {
      for (int i = 0; i < count; ++i) pending.push_back(Handling::current()->begin_pending());
    };
    return message(id, data);
  }
  // The oldest of what is pending ends, on another thread.
  // returns: what is sent then.
  Lines end(bool ok = true) {
    Pending first = std::move(pending.front());
    pending.erase(pending.begin());
    std::thread([&] { first.end(ok); }).join();
    EXPECT_TRUE(sent.empty()) << "only the loop sends";
    loop.run_all();
    return taken();
  }
  static std::string ack(std::uint64_t id) { return v1::ack(id, nullptr); }
  static std::string unavailable(std::uint64_t id) {
    return v1::error(id, v1::kUnavailable, kUnavailable);
  }
  std::string key(const std::string& of, const std::string& count) const {
    return "alice" + std::string(1, '\0') + of + std::string(1, '\0') + count;
  }
  void TearDown() override {
    pending.clear();
    loop.run_all();
    SessionRig::TearDown();
  }

  std::vector<Pending> pending;
};

// --- names

TEST_F(HandlingTest, EachThingThatAHookPublishesHasANameOfItsOwn) {
  begin();
  Lines keys;
  bool repeats = true;
  chat.meanwhile = [&] {
    keys = {Handling::current()->next_key(), Handling::current()->next_key()};
    repeats = session->may_repeat();
  };
  message(7, "{}");
  EXPECT_EQ(keys, (Lines{key(session->name(), "7#1"), key(session->name(), "7#2")}));
  EXPECT_FALSE(repeats);
}

TEST_F(HandlingTest, AnInheritedMessageKeepsTheNameThatItHadFirst) {
  begin();
  Lines keys;
  bool repeats = false;
  chat.meanwhile = [&] {
    keys = {Handling::current()->next_key()};
    repeats = session->may_repeat();
  };
  EXPECT_EQ(text(R"({"t":"message","id":1,"of":"old.9","data":{}})"), (Lines{ack(1)}));
  EXPECT_EQ(keys, (Lines{key("old", "9#1")}));
  EXPECT_TRUE(repeats);
  EXPECT_FALSE(session->may_repeat()) << "its turn is over";
  chat.meanwhile = [&] { repeats = session->may_repeat(); };
  message(2, "{}");
  EXPECT_FALSE(repeats) << "the next one is new";
}

TEST_F(HandlingTest, AMessageWithoutAnIdHasNoName) {
  begin();
  std::string named = "?";
  chat.meanwhile = [&] { named = Handling::current()->next_key(); };
  text(R"({"t":"message","data":{}})");
  EXPECT_EQ(named, "");
}

TEST_F(HandlingTest, NothingIsHandledOutsideOfAMessagesHook) {
  begin();
  EXPECT_EQ(Handling::current(), nullptr);
  message(1, "{}");
  EXPECT_EQ(Handling::current(), nullptr);
  std::thread([] { EXPECT_EQ(Handling::current(), nullptr); }).join();
}

TEST_F(HandlingTest, NoTurnLastsBetweenTwoMessages) {
  begin();
  EXPECT_FALSE(session->turn().lasts());
  bool lasts = false;
  chat.meanwhile = [&] { lasts = session->turn().lasts(); };
  message(1, "{}");
  EXPECT_TRUE(lasts);
  EXPECT_FALSE(session->turn().lasts());
}

Task<> looks_later(Gate& gate, Handling*& found) {
  co_await gate;
  found = Handling::current();
}

TEST_F(HandlingTest, ACoroutineIsAPartOfTheTurnOnlyWhileThatLasts) {
  begin();
  Gate first;
  Gate second;
  Handling* during = nullptr;
  Handling* after = during;
  Task<> early;
  Task<> late;
  Handling* expected = nullptr;
  chat.meanwhile = [&] {
    expected = Handling::current();
    early = looks_later(first, during);
    late = looks_later(second, after);
    early.start([](void*) {}, nullptr);
    late.start([](void*) {}, nullptr);
    const detail::TurnSign::Scope none(scheduler.turn(), {});
    first.open();
  };
  message(1, "{}");
  EXPECT_NE(expected, nullptr);
  EXPECT_EQ(during, expected);
  after = expected;
  chat.meanwhile = [&] { second.open(); };
  message(2, "{}");
  EXPECT_EQ(after, nullptr) << "the turn that it was a part of is over";
}

// --- answers

TEST_F(HandlingTest, AnAnswerWaitsForAllThatIsPending) {
  begin();
  EXPECT_EQ(pending_message(1, 2), Lines());
  EXPECT_EQ(end(), Lines());
  EXPECT_EQ(end(), (Lines{ack(1)}));
}

TEST_F(HandlingTest, AReplyWaits) {
  begin();
  EXPECT_EQ(pending_message(1, 1, R"({"do":"reply","with":5})"), Lines());
  const Json five(5);
  EXPECT_EQ(end(), (Lines{v1::ack(1, &five)}));
}

TEST_F(HandlingTest, WhatEndsBeforeItsHookIsNotWaitedFor) {
  begin();
  chat.meanwhile = [] { Handling::current()->begin_pending().end(true); };
  EXPECT_EQ(message(1, "{}"), (Lines{ack(1)}));
  EXPECT_EQ(loop.waiting(), 0U);
}

TEST_F(HandlingTest, OneFailureAmongManyIsTold) {
  begin();
  pending_message(1, 2);
  pending_message(2, 1, R"({"do":"reply","with":5})");
  end(false);
  EXPECT_EQ(end(true), (Lines{unavailable(1)}));
  EXPECT_EQ(end(false), (Lines{unavailable(2)})) << "in place of the reply";
}

TEST_F(HandlingTest, AFailureBeforeTheEndOfTheHookIsTold) {
  begin();
  chat.meanwhile = [] { Handling::current()->begin_pending().end(false); };
  EXPECT_EQ(message(1, "{}"), (Lines{unavailable(1)}));
}

TEST_F(HandlingTest, WhatIsDroppedHasFailed) {
  begin();
  chat.meanwhile = [] { Handling::current()->begin_pending(); };
  EXPECT_EQ(message(1, "{}"), (Lines{unavailable(1)}));
}

TEST_F(HandlingTest, AnswersLeaveInTheOrderOfTheirMessages) {
  begin();
  pending_message(1);
  EXPECT_EQ(message(2, "{}"), Lines());
  EXPECT_EQ(message(3, R"({"do":"refuse"})"), Lines());
  pending_message(4);
  EXPECT_EQ(message(5, R"({"do":"reply","with":5})"), Lines());
  Pending first = std::move(pending.front());
  pending.erase(pending.begin());
  EXPECT_EQ(end(), Lines()) << "the fourth has ended before the first";
  pending.push_back(std::move(first));
  const Json five(5);
  EXPECT_EQ(end(), (Lines{ack(1), ack(2), v1::error(3, "bad_message", "not this"), ack(4),
                          v1::ack(5, &five)}));
}

TEST_F(HandlingTest, AHookThatRefusesItsMessageWaitsForNothing) {
  begin();
  EXPECT_EQ(pending_message(1, 1, R"({"do":"refuse"})"),
            (Lines{v1::error(1, "bad_message", "not this")}));
  EXPECT_EQ(end(false), Lines()) << "it is answered";
}

TEST_F(HandlingTest, AMessageWithoutAnIdIsOnlyToldItsFailure) {
  begin();
  const auto send = [this] {
    chat.meanwhile = [this] { pending.push_back(Handling::current()->begin_pending()); };
    return text(R"({"t":"message","data":{}})");
  };
  EXPECT_EQ(send(), Lines());
  EXPECT_EQ(end(), Lines());
  EXPECT_EQ(send(), Lines());
  EXPECT_EQ(end(false), (Lines{unavailable(0)}));
}

TEST_F(HandlingTest, JoinsWaitForNoMessage) {
  begin();
  pending_message(1);
  const std::size_t one = session->held_bytes();
  EXPECT_EQ(text(R"({"t":"join","id":2,"room":"lobby"})"),
            (Lines{R"({"t":"joined","room":"lobby","id":2})"}));
  EXPECT_EQ(session->held_bytes(), one);
  EXPECT_EQ(end(), (Lines{ack(1)}));
}

TEST_F(HandlingTest, WhatIsSentMeanwhileDoesNotWait) {
  begin();
  pending_message(1);
  on_loop([&] { session->deliver(encode(Json("now"), Forms::enveloped)); });
  EXPECT_EQ(taken(), (Lines{R"({"t":"message","data":"now"})"}));
  EXPECT_EQ(end(), (Lines{ack(1)}));
}

TEST_F(HandlingTest, MessagesCountAsHandledWhileTheirAnswersWait) {
  begin();
  pending_message(1);
  session->rewind();
  EXPECT_EQ(message(1, "{}"), Lines()) << "it is a repeat";
  EXPECT_EQ(chat.messages, 1);
  EXPECT_EQ(end(), (Lines{ack(1)}));
}

TEST_F(HandlingTest, WaitingAnswersAreMeasuredAndTheirEndIsTold) {
  begin();
  EXPECT_EQ(session->held_bytes(), 0U);
  pending_message(1);
  const std::size_t one = session->held_bytes();
  EXPECT_GT(one, 0U);
  pending_message(2);
  EXPECT_EQ(session->held_bytes(), 2 * one);
  end();
  EXPECT_EQ(session->held_bytes(), one);
  EXPECT_EQ(answers_left, 1);
  end();
  EXPECT_EQ(session->held_bytes(), 0U);
  EXPECT_EQ(answers_left, 2);
}

TEST_F(HandlingTest, ASessionThatHasEndedAnswersNobody) {
  begin();
  pending_message(1);
  on_loop([&] { session->end(); });
  EXPECT_EQ(end(), Lines());
  EXPECT_EQ(session->held_bytes(), 0U);
  chat.meanwhile = [&] { pending.push_back(Handling::current()->begin_pending()); };
  EXPECT_EQ(message(2, "{}"), (Lines{ack(2)})) << "to nobody, and without a wait";
}

class NotHandling : public SessionRig {};

TEST_F(NotHandling, AServerThatStandsForNoOthersKnowsNothingOfIt) {
  begin();
  Handling* found = nullptr;
  bool repeats = true;
  chat.meanwhile = [&] {
    found = Handling::current();
    repeats = session->may_repeat();
  };
  EXPECT_EQ(text(R"({"t":"message","id":1,"of":"old.9","data":{}})"), (Lines{v1::ack(1, nullptr)}));
  EXPECT_EQ(found, nullptr);
  EXPECT_FALSE(repeats);
}

}  // namespace
}  // namespace microframe::ws
