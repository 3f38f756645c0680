// Replies: awaited, blocked for, asked for by a function, or let go; and the tickets by which a
// session knows them.

#include "microframe/client/reply.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/pending_reply.hpp"
#include "client/tickets.hpp"
#include "microframe/task.hpp"

namespace microframe {
namespace {

using detail::PendingReply;

// A scheduler that is the thread's own for as long as it lives; its posts run when the test says.
class HandRun final : public detail::Scheduler {
 public:
  HandRun() { set_current(this); }
  ~HandRun() override { set_current(nullptr); }
  void post(std::function<void()> callback) override { posts_.push_back(std::move(callback)); }
  void after(std::chrono::milliseconds, std::function<void()>) override { FAIL(); }
  void work(std::function<void()>, std::function<void()>) override { FAIL(); }

  std::size_t posts() const { return posts_.size(); }
  void run() {
    for (; !posts_.empty(); posts_.pop_front()) posts_.front()();
  }

 private:
  std::deque<std::function<void()>> posts_;
};

class ReplyTest : public testing::Test {
 protected:
  std::shared_ptr<PendingReply> pending = std::make_shared<PendingReply>();
  Reply reply{pending};

  void succeed(Json value) { pending->succeed(std::move(value)); }
  void fail() { pending->fail(ClientError("forbidden", "not you")); }

  // Awaits the reply, and writes down what comes.
  Task<> await() {
    try {
      const Json value = co_await reply;
      seen.push_back(to_text(value));
    } catch (const ClientError& error) {
      seen.push_back(error.code() + ": " + error.what());
    }
  }
  void then() {
    reply.then([this](const Json& value) { seen.push_back(to_text(value)); },
               [this](const ClientError& error) { seen.push_back(error.code()); });
  }
  std::vector<std::string> seen;
};

using Lines = std::vector<std::string>;

// --- blocked for ---

TEST_F(ReplyTest, GetReturnsTheValue) {
  succeed({{"n", 1}});
  EXPECT_EQ(reply.get(), Json({{"n", 1}}));
}

TEST_F(ReplyTest, GetThrowsTheError) {
  fail();
  try {
    reply.get();
    FAIL() << "the reply has failed";
  } catch (const ClientError& error) {
    EXPECT_EQ(error.code(), "forbidden");
    EXPECT_STREQ(error.what(), "not you");
  }
}

TEST_F(ReplyTest, GetWaitsForAnotherThread) {
  std::thread other([this] { succeed(5); });
  EXPECT_EQ(reply.get(), 5);
  other.join();
}

TEST_F(ReplyTest, GetOnALoopIsRefusedInsteadOfBlockingIt) {
  const HandRun loop;
  EXPECT_THROW(reply.get(), std::logic_error);
  succeed(5);
  EXPECT_THROW(reply.get(), std::logic_error) << "whether it would block or not";
}

// --- asked for by a function ---

TEST_F(ReplyTest, ThenIsCalledWhenTheReplyComes) {
  then();
  EXPECT_EQ(seen, Lines{});
  succeed(5);
  EXPECT_EQ(seen, Lines{"5"});
}

TEST_F(ReplyTest, ThenIsCalledAtOnceWhenTheReplyIsThere) {
  fail();
  then();
  EXPECT_EQ(seen, Lines{"forbidden"});
}

TEST_F(ReplyTest, ThenWithoutAFunctionForErrorsIgnoresThem) {
  reply.then([this](const Json&) { seen.emplace_back("value"); });
  fail();
  EXPECT_EQ(seen, Lines{});
}

TEST_F(ReplyTest, WhatThenThrowsDoesNotReachTheClient) {
  reply.then([](const Json&) { throw std::runtime_error("mine"); });
  EXPECT_NO_THROW(succeed(5));
  const auto second = std::make_shared<PendingReply>();
  Reply other(second);
  other.then([](const Json&) { throw 5; });  // NOLINT
  EXPECT_NO_THROW(second->succeed(5));
}

TEST_F(ReplyTest, ThenIsCalledThoughTheReplyWasLetGo) {
  then();
  {
    const Reply gone = std::move(reply);
  }
  succeed(5);
  EXPECT_EQ(seen, Lines{"5"});
}

// --- awaited ---

TEST_F(ReplyTest, CoroutineGoesOnThroughItsOwnLoop) {
  HandRun loop;
  Task<> task = await();
  EXPECT_FALSE(task.start([](void*) {}, nullptr));
  succeed(5);
  EXPECT_EQ(seen, Lines{}) << "it goes on on its loop, not where the reply was settled";
  loop.run();
  EXPECT_EQ(seen, Lines{"5"});
}

TEST_F(ReplyTest, CoroutineOnALoopDoesNotWaitForAReplyThatIsThere) {
  const HandRun loop;
  succeed(5);
  Task<> task = await();
  EXPECT_TRUE(task.start([](void*) {}, nullptr));
  EXPECT_EQ(seen, Lines{"5"});
  EXPECT_EQ(loop.posts(), 0U);
}

TEST_F(ReplyTest, ReplyThatComesJustBeforeTheCoroutineWaitsIsNotMissed) {
  HandRun loop;
  EXPECT_FALSE(reply.await_ready());
  succeed(5);
  EXPECT_FALSE(reply.await_suspend(std::noop_coroutine())) << "there is nothing to wait for";
  EXPECT_EQ(reply.await_resume(), 5);
}

TEST_F(ReplyTest, CoroutineIsThrownTheError) {
  HandRun loop;
  Task<> task = await();
  task.start([](void*) {}, nullptr);
  fail();
  loop.run();
  EXPECT_EQ(seen, Lines{"forbidden: not you"});
}

TEST_F(ReplyTest, CoroutineOnAThreadWithoutALoopBlocks) {
  std::thread other([this] { succeed(5); });
  sync_wait(await());
  other.join();
  EXPECT_EQ(seen, Lines{"5"});
}

// Awaits a reply of its own, which is destroyed with it.
Task<> own(Reply reply, std::vector<std::string>& seen) {
  const Json value = co_await reply;
  seen.push_back(to_text(value));
}

TEST_F(ReplyTest, CoroutineThatWasDestroyedIsNotResumed) {
  HandRun loop;
  {
    Task<> task = own(std::move(reply), seen);
    EXPECT_FALSE(task.start([](void*) {}, nullptr));
  }
  succeed(5);
  EXPECT_EQ(loop.posts(), 0U);
  EXPECT_EQ(seen, Lines{});
}

TEST_F(ReplyTest, CoroutineThatIsDestroyedOnTheWayBackIsNotResumed) {
  HandRun loop;
  {
    Task<> task = own(std::move(reply), seen);
    task.start([](void*) {}, nullptr);
    succeed(5);
    EXPECT_EQ(loop.posts(), 1U);
  }
  loop.run();
  EXPECT_EQ(seen, Lines{});
}

TEST_F(ReplyTest, MovedReplyIsTheSameReply) {
  Reply other = std::move(reply);
  succeed(5);
  EXPECT_EQ(other.get(), 5);
  const auto second = std::make_shared<PendingReply>();
  Reply assigned(second);
  second->succeed(6);
  other = std::move(assigned);
  EXPECT_EQ(other.get(), 6);
}

// --- tickets ---

v1::Settle settle_of(std::uint64_t ticket, const std::string& code = {}) {
  v1::Settle settle;
  settle.ticket = ticket;
  settle.code = code;
  settle.message = code.empty() ? "" : "why";
  settle.reply = 5;
  return settle;
}

TEST(Tickets, EachReplyIsSettledByItsOwnNumber) {
  client::Tickets tickets;
  const auto first = std::make_shared<PendingReply>();
  const auto second = std::make_shared<PendingReply>();
  const std::uint64_t one = tickets.issue(first);
  const std::uint64_t two = tickets.issue(second);
  EXPECT_NE(one, 0U) << "0 is for what has no reply";
  auto settle = settle_of(two);
  tickets.settle(settle);
  EXPECT_TRUE(second->is_settled());
  EXPECT_FALSE(first->is_settled());
  EXPECT_EQ(second->take(), 5);
  settle = settle_of(one, "forbidden");
  tickets.settle(settle);
  EXPECT_THROW(first->take(), ClientError);
}

TEST(Tickets, UnknownNumberSettlesNothing) {
  client::Tickets tickets;
  const auto reply = std::make_shared<PendingReply>();
  const std::uint64_t number = tickets.issue(reply);
  auto settle = settle_of(number + 1);
  tickets.settle(settle);
  EXPECT_FALSE(reply->is_settled());
}

TEST(Tickets, AllThatWaitFailAtTheEnd) {
  client::Tickets tickets;
  std::string codes;
  const auto kept = std::make_shared<PendingReply>();
  tickets.issue(kept);
  for (int i = 0; i < 3; ++i) {
    const auto reply = std::make_shared<PendingReply>();
    reply->then({}, [&](const ClientError& error) { codes += error.code() + " "; });
    tickets.issue(reply);
  }
  tickets.fail_all("the client is gone");
  EXPECT_EQ(codes, "closed closed closed ");
  tickets.fail_all("again");
  try {
    kept->take();
    FAIL() << "it has failed";
  } catch (const ClientError& error) {
    EXPECT_STREQ(error.what(), "the client is gone") << "a reply is settled once";
  }
}

TEST(Tickets, FunctionThatIsCalledMayIssueAnother) {
  client::Tickets tickets;
  const auto first = std::make_shared<PendingReply>();
  const auto second = std::make_shared<PendingReply>();
  const std::uint64_t number = tickets.issue(first);
  first->then([&](const Json&) { tickets.issue(second); }, {});
  auto settle = settle_of(number);
  tickets.settle(settle);
  settle = settle_of(number + 1);
  tickets.settle(settle);
  EXPECT_TRUE(second->is_settled());
}

}  // namespace
}  // namespace microframe
