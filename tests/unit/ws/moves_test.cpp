// What nodes say to each other when a session moves: three desks, and a post that the test delivers.
#include "ws/moves.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microframe/ws/chat_base.hpp"
#include "microframe/ws/route.hpp"
#include "support/fake_loop.hpp"
#include "unit/ws/post.hpp"
#include "ws/departure.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/resumption.hpp"

namespace microframe::ws {
namespace {

class QuietChat : public ChatBase {
 public:
  void on_message(WebSocket&, const UserId&, const Json&) {}
};

class MovingSession final : public base::RefCounted, public Resumable {
 public:
  bool belongs_to(const Endpoint&, std::string_view user) const override { return user == "alice"; }
  void request_resume(std::shared_ptr<Resumption> one) override { asked = std::move(one); }
  void request_watch(std::function<void(const Watched&)> told) override { told(watched); }

  Watched watched{true, 77, {"tea", "kept"}};
  std::shared_ptr<Resumption> asked;
};

struct Desk {
  Desk(std::string name, Post::Letters& letters, Notes& kept)
      : post(std::move(name), letters, kept),
        endpoint(WebSocketRoute("/ws", std::make_unique<QuietChat>(),
                                authx::AuthConfig(std::string(32, 's')))
                     .take()),
        moves(endpoint, sessions, post, loops) {}

  Sessions sessions{10};
  Post post;
  Endpoint endpoint;
  test::FakeLoop loop;
  std::vector<hub::LoopPort*> loops{&loop, &loop};
  Moves moves;
};

class MovesTest : public testing::Test {
 protected:
  MovesTest() {
    one.post.others = {"two", "three"};
    two.post.others = {"one", "three"};
    three.post.others = {"one", "two"};
    two.sessions.add({"session", "secret"}, base::Ref<const base::RefCounted>(session.get()),
                     *session);
  }
  ~MovesTest() override { two.sessions.remove("session"); }

  static Moves::Wanted wanted(const std::string& secret = "secret",
                              const std::string& user = "alice") {
    Moves::Wanted made;
    made.offer.session = "session";
    made.offer.secret = secret;
    made.offer.received = 5;
    made.offer.attempt = 2;
    made.user = user;
    return made;
  }
  void deliver() {
    while (!letters.empty()) deliver_one();
  }
  void deliver_one() {
    const auto [from, to, bytes] = std::exchange(letters.front(), {});
    letters.pop_front();
    Desk& desk = to == "one" ? one : to == "two" ? two : three;
    desk.moves.letter(from, bytes);
    desk.loop.run_all();
  }
  void seek(const Moves::Wanted& what) {
    one.moves.seek(what, [this](std::optional<Moves::Place> place) {
      ++answers;
      found = std::move(place);
    });
    deliver();
  }
  void fetch(const std::string& node) {
    one.moves.fetch(node, wanted(), [this](Departure::End how, auto one_session) {
      ++answers;
      end = how;
      fetched = std::move(one_session);
    });
    deliver();
  }
  static SessionExport some() {
    SessionExport all;
    all.past.sent = 9;
    all.frames = {encode_text("frame")};
    all.rooms.resize(1);
    all.rooms[0].name = "tea";
    return all;
  }

  Post::Letters letters;
  Notes kept;
  Desk one{"one", letters, kept}, two{"two", letters, kept}, three{"three", letters, kept};
  base::Ref<MovingSession> session{new MovingSession()};
  int answers = 0;
  std::optional<Moves::Place> found;
  std::optional<Departure::End> end;
  std::optional<SessionExport> fetched;
};

TEST_F(MovesTest, WhoHasTheSessionTellsOfItsDeviceAndRooms) {
  seek(wanted());
  EXPECT_EQ(answers, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "two");
  EXPECT_EQ(found->device, 77U);
  EXPECT_EQ(found->rooms, (std::vector<std::string>{"tea", "kept"}));
}

TEST_F(MovesTest, NobodyHasWhatIsNotTheAskers) {
  for (const auto& what : {wanted("other"), wanted("secret", "bob")}) {
    seek(what);
    EXPECT_FALSE(found);
  }
  session->watched.may_come_back = false;
  seek(wanted());
  EXPECT_FALSE(found) << "it has ended";
  EXPECT_EQ(answers, 3);
}

TEST_F(MovesTest, AllMustHaveSaidNo) {
  two.sessions.remove("session");
  one.moves.seek(wanted(), [this](const auto&) { ++answers; });
  std::swap(letters[0], letters.back());
  for (int left = 2; left > 0; --left) {
    EXPECT_EQ(answers, 0);
    const auto [from, to, bytes] = letters.front();
    letters.pop_front();
    (to == "two" ? two : three).moves.letter(from, bytes);
  }
  one.moves.letter("two", std::get<2>(letters[0]));
  one.moves.letter("two", std::get<2>(letters[0]));
  EXPECT_EQ(answers, 0) << "three has not answered";
  deliver();
  EXPECT_EQ(answers, 1);
}

TEST_F(MovesTest, WhoIsAloneIsAnsweredAtOnce) {
  one.post.others.clear();
  seek(wanted());
  EXPECT_EQ(answers, 1);
  EXPECT_FALSE(found);
}

TEST_F(MovesTest, WhatIsForgottenIsNotToldOf) {
  const auto number = one.moves.seek(wanted(), [this](const auto&) { ++answers; });
  one.moves.forget(number);
  deliver();
  EXPECT_EQ(answers, 0);
}

TEST_F(MovesTest, ASessionThatIsFetchedComesWhole) {
  fetch("two");
  ASSERT_TRUE(session->asked);
  EXPECT_EQ(session->asked->received, 5U);
  EXPECT_EQ(session->asked->attempt, 2U);
  session->asked->departure->go(some());
  session->asked.reset();
  deliver();
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(end, Departure::End::goes);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->past.sent, 9U);
  EXPECT_EQ(fetched->rooms.at(0).name, "tea");
}

TEST_F(MovesTest, ASessionThatDoesNotComeSaysWhy) {
  fetch("three");
  EXPECT_EQ(end, Departure::End::none) << "it is not there";
  fetch("two");
  session->asked->departure->refuse();
  session->asked.reset();
  deliver();
  EXPECT_EQ(end, Departure::End::none);
  fetch("two");
  session->asked.reset();
  deliver();
  EXPECT_EQ(end, Departure::End::overtaken);
  EXPECT_FALSE(fetched);
  EXPECT_EQ(answers, 3);
}

TEST_F(MovesTest, WhatIsOnItsWayToAnotherNodeIsSoughtUntilItIsThere) {
  fetch("two");
  session->asked->departure->go(some());
  two.sessions.remove("session");
  deliver();
  three.moves.seek(wanted(), [this](std::optional<Moves::Place> place) {
    ++answers;
    found = std::move(place);
  });
  for (int i = 0; i < 20; ++i) deliver_one();
  EXPECT_EQ(answers, 1) << "of the fetch";
  one.sessions.add({"session", "secret"}, base::Ref<const base::RefCounted>(session.get()),
                   *session);
  deliver();
  EXPECT_EQ(answers, 2);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "one");
  one.sessions.remove("session");
  found.reset();
  three.moves.seek(wanted(), [this](const auto& place) {
    ++answers;
    found = place;
  });
  deliver();
  EXPECT_EQ(answers, 3) << "it is not sought without end";
  EXPECT_FALSE(found);
}

TEST_F(MovesTest, WhatIsKeptIsGivenToWhoKnowsItsSecretOnce) {
  two.sessions.remove("session");
  Moves::Kept what;
  what.secret = "secret";
  what.user = "alice";
  what.device = 77;
  what.session = some();
  three.moves.keep("session", what, std::chrono::seconds(1));
  seek(wanted("other"));
  EXPECT_FALSE(found);
  seek(wanted("secret", "bob"));
  EXPECT_FALSE(found);
  seek(wanted());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "");
  EXPECT_EQ(found->device, 77U);
  EXPECT_EQ(found->rooms, std::vector<std::string>{"tea"});
  fetch("");
  EXPECT_EQ(end, Departure::End::goes);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->past.sent, 9U);
  fetch("");
  EXPECT_EQ(end, Departure::End::none);
}

TEST_F(MovesTest, OtherBytesAreNoLetter) {
  one.moves.seek(wanted(), [this](const auto&) { ++answers; });
  for (const std::string bytes : {"", "\x02", "\x01\x01", "\x07\x01", "\x02\x01\x05\xFF"})
    for (Desk* desk : {&one, &two}) desk->moves.letter("two", bytes);
  EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace microframe::ws
