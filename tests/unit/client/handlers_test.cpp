// The application's handlers: which is called with what, what becomes of their replies and
// failures, and how those that wait come to their end.

#include "client/handlers.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "unit/client/gate.hpp"

namespace microframe::client {
namespace {

using test::Gate;
using Lines = std::vector<std::string>;

// Writes down how each handler ended.
class Ends final : public HandlerRuns::Events {
 public:
  void on_handler_ended(const v1::TellMessage* message, const std::optional<Json>& reply,
                        const char* failure) override {
    std::string line = message ? "message " + std::to_string(message->id) : "event";
    if (reply) line += " reply " + to_text(*reply);
    if (failure) line += std::string(" failed: ") + failure;
    lines.push_back(line);
  }
  Lines lines;
};

class HandlersTest : public testing::Test {
 protected:
  Ends ends;
  Handlers handlers{ends};

  static v1::TellMessage message(Json data, std::uint64_t id = 7) {
    v1::TellMessage told;
    told.data = std::move(data);
    told.room = "hall";
    told.offset = 3;
    told.id = id;
    return told;
  }
  template <class F>
  void on_message(F handler) {
    handlers.set(detail::message_handler(std::move(handler)));
  }
  // Tells a message, and returns how its handler ended, "" if it has not.
  std::string told(Json data) {
    auto event = message(std::move(data));
    EXPECT_TRUE(handlers.tell(event));
    const std::string line = ends.lines.empty() ? "" : ends.lines.back();
    return line;
  }
};

TEST_F(HandlersTest, EventWithoutAHandlerIsLeftAsItWas) {
  auto event = message("kept");
  EXPECT_FALSE(handlers.tell(event));
  EXPECT_EQ(event.data, "kept");
  v1::TellBinary binary{"bytes", "hall", 1};
  EXPECT_FALSE(handlers.tell(binary));
  EXPECT_EQ(binary.bytes, "bytes");
  v1::TellProblem problem{"no_token", "why"};
  EXPECT_FALSE(handlers.tell(problem));
  EXPECT_EQ(problem.code, "no_token");
  EXPECT_EQ(ends.lines, Lines{});
}

TEST_F(HandlersTest, EachKindOfEventReachesItsOwnHandlerAlone) {
  Lines seen;
  handlers.set(detail::event_handler<ClientStatus>(
      [&](const ClientStatus& status) { seen.push_back("state " + status.user); }));
  handlers.set(detail::event_handler<JoinedRoom>(
      [&](const JoinedRoom& room) { seen.push_back("joined " + room.room); }));
  handlers.set(detail::event_handler<LeftRoom>(
      [&](const LeftRoom& room) { seen.push_back("left " + room.room); }));
  handlers.set(detail::event_handler<ByeAdvice>(
      [&](const ByeAdvice& bye) { seen.push_back("bye " + bye.reason); }));
  handlers.set(detail::event_handler<ClientError>(
      [&](const ClientError& error) { seen.push_back(error.code() + " " + error.what()); }));
  handlers.set(detail::event_handler<std::string>(
      [&](const std::string& text) { seen.push_back("text " + text); }));
  handlers.set(
      detail::presence_handler([&](const std::string& room, const Json& joins, const Json& leaves) {
        seen.push_back("presence " + room + to_text(joins) + to_text(leaves));
      }));
  handlers.set(detail::binary_handler([&](std::span<const std::byte> bytes, const std::string& room,
                                          std::optional<std::uint64_t> offset) {
    seen.push_back("binary " + std::string(base::as_text(bytes)) + room + std::to_string(*offset));
  }));
  on_message([&](const Json& data, const std::string& room, std::optional<std::uint64_t> offset) {
    seen.push_back("message " + to_text(data) + room + std::to_string(*offset));
  });

  ClientStatus status;
  status.user = "alice";
  JoinedRoom joined;
  joined.room = "hall";
  LeftRoom left;
  left.room = "hall";
  ByeAdvice bye;
  bye.reason = "restart";
  v1::TellProblem problem{"no_token", "why"};
  v1::TellText text{"words"};
  v1::TellPresence presence{"hall", 1, 2};
  v1::TellBinary binary{"bytes", "hall", 5};
  auto event = message(4);
  EXPECT_TRUE(handlers.tell(status) && handlers.tell(joined) && handlers.tell(left) &&
              handlers.tell(bye) && handlers.tell(problem) && handlers.tell(text) &&
              handlers.tell(presence) && handlers.tell(binary) && handlers.tell(event));
  EXPECT_EQ(seen, (Lines{"state alice", "joined hall", "left hall", "bye restart", "no_token why",
                         "text words", "presence hall12", "binary byteshall5", "message 4hall3"}));
  EXPECT_EQ(ends.lines.size(), 9U);
  EXPECT_EQ(ends.lines.back(), "message 7");
  EXPECT_EQ(ends.lines.front(), "event");
}

TEST_F(HandlersTest, TrailingArgumentsMayBeLeftOut) {
  Lines seen;
  on_message([&](const Json& data) { seen.push_back(to_text(data)); });
  EXPECT_EQ(told(1), "message 7");
  on_message(
      [&](const Json& data, const std::string& room) { seen.push_back(to_text(data) + room); });
  EXPECT_EQ(told(2), "message 7");
  EXPECT_EQ(seen, (Lines{"1", "2hall"}));
}

TEST_F(HandlersTest, ReplyIsWhatTheHandlerReturns) {
  on_message([](const Json& data) -> Json { return {{"got", data}}; });
  EXPECT_EQ(told(1), R"(message 7 reply {"got":1})");
  on_message([](const Json& data) -> Task<Json> { co_return data; });
  EXPECT_EQ(told(2), "message 7 reply 2");
  on_message([](const Json&) -> Task<> { co_return; });
  EXPECT_EQ(told(3), "message 7");
}

TEST_F(HandlersTest, HandlerThatWaitsDoesNotHoldUpTheNext) {
  Gate first;
  Gate second;
  on_message([&](const Json& data) -> Task<Json> {
    if (data == 1) {
      co_await first.opened();
    } else {
      co_await second.opened();
    }
    co_return data;
  });
  told(1);
  told(2);
  EXPECT_EQ(handlers.waiting(), 2U);
  EXPECT_EQ(ends.lines, Lines{});
  second.open();
  EXPECT_EQ(ends.lines, Lines{"message 7 reply 2"});
  EXPECT_EQ(handlers.waiting(), 1U);
  first.open();
  EXPECT_EQ(ends.lines.back(), "message 7 reply 1");
  EXPECT_EQ(handlers.waiting(), 0U);
}

TEST_F(HandlersTest, WhatAHandlerThrowsIsTold) {
  on_message([](const Json& data) {
    if (data == 1) throw std::runtime_error("as asked");
    throw 5;  // NOLINT
  });
  EXPECT_EQ(told(1), "message 7 failed: as asked");
  EXPECT_EQ(told(2), "message 7 failed: it threw what is no std::exception");
  EXPECT_EQ(handlers.waiting(), 0U);
}

TEST_F(HandlersTest, WhatACoroutineThrowsIsTold) {
  Gate gate;
  on_message([&](const Json& data) -> Task<> {
    if (data == 1) co_await gate.opened();
    if (data == 3) throw 5;  // NOLINT
    throw std::runtime_error("as asked");
  });
  told(1);
  EXPECT_EQ(told(2), "message 7 failed: as asked");
  EXPECT_EQ(told(3), "message 7 failed: it threw what is no std::exception");
  gate.open();
  EXPECT_EQ(ends.lines.size(), 3U);
  EXPECT_EQ(ends.lines.back(), "message 7 failed: as asked");
}

TEST_F(HandlersTest, HandlerThatFailsHasNoReply) {
  on_message([](const Json&) -> Task<Json> {
    throw std::runtime_error("as asked");
    co_return 1;
  });
  EXPECT_EQ(told(1), "message 7 failed: as asked");
}

TEST_F(HandlersTest, EventAndHandlerLiveUntilACoroutineHasEnded) {
  Gate gate;
  auto owned = std::make_shared<int>(5);
  const std::weak_ptr<int> watched = owned;
  on_message([&gate, owned](const Json& data, const std::string& room) -> Task<Json> {
    co_await gate.opened();
    Json reply = {{"data", data}, {"room", room}, {"owned", *owned}};
    co_return reply;
  });
  owned.reset();
  told("first");
  on_message([](const Json&) {});  // takes the place of the one that waits
  EXPECT_FALSE(watched.expired());
  gate.open();
  EXPECT_EQ(ends.lines, Lines{R"(message 7 reply {"data":"first","room":"hall","owned":5})"});
  EXPECT_TRUE(watched.expired());
}

TEST_F(HandlersTest, NothingIsToldAfterDrop) {
  Gate gate;
  on_message([&](const Json&) -> Task<> { co_await gate.opened(); });
  told(1);
  const auto dropped = handlers.drop();
  gate.open();
  EXPECT_EQ(ends.lines, Lines{});
  auto event = message(2);
  EXPECT_FALSE(handlers.tell(event)) << "the handlers are forgotten";
}

TEST_F(HandlersTest, CoroutinesThatWaitAreDestroyedWithTheLastOfWhatDropReturns) {
  Gate gate;
  auto owned = std::make_shared<int>(5);
  const std::weak_ptr<int> watched = owned;
  on_message([&gate, owned](const Json&) -> Task<> { co_await gate.opened(); });
  owned.reset();
  told(1);
  auto dropped = handlers.drop();
  EXPECT_FALSE(watched.expired());
  dropped.reset();
  EXPECT_TRUE(watched.expired());
}

TEST_F(HandlersTest, ForgottenHandlersGiveBackWhatTheyHold) {
  auto owned = std::make_shared<int>(5);
  const std::weak_ptr<int> watched = owned;
  handlers.set(detail::event_handler<ByeAdvice>([owned](const ByeAdvice&) {}));
  owned.reset();
  handlers.drop();
  EXPECT_TRUE(watched.expired());
}

TEST_F(HandlersTest, HandlerMayDropTheHandlersThatRun) {
  HandlerRuns::Dropped dropped;
  bool went_on = false;
  const auto owned = std::make_shared<int>(5);
  on_message([&, owned](const Json&) {
    dropped = handlers.drop();
    went_on = *owned == 5;  // the handler itself still lives
  });
  told(1);
  EXPECT_TRUE(went_on);
  EXPECT_EQ(ends.lines, Lines{});
}

}  // namespace
}  // namespace microframe::client
