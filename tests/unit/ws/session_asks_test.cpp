// Questions that a session puts to its client, and whom the answers are told.
#include <chrono>
#include <string>

#include "unit/ws/session_rig.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;

class SessionAsks : public SessionRig {
 protected:
  void ask(std::string_view question) {
    on_loop([&] {
      session->ask(Json(question), 5s, [this](AckStatus status, const Json& data) {
        told.push_back(std::string(to_string(status)) + " " + to_text(data));
      });
    });
  }
  Lines told;
};

TEST_F(SessionAsks, QuestionHasANumberThatTheClientAnswers) {
  begin();
  ask("how");
  ask("why");
  EXPECT_EQ(taken(), (Lines{R"({"t":"message","id":1,"data":"how"})",
                            R"({"t":"message","id":2,"data":"why"})"}));
  text(R"({"t":"ack","id":2,"data":"because"})");
  text(R"({"t":"error","id":1,"code":"broken","message":"no idea"})");
  EXPECT_EQ(told, (Lines{R"(acknowledged "because")",
                         R"(failed {"code":"broken","message":"no idea"})"}));
}

TEST_F(SessionAsks, QuestionIsKeptUntilItIsReceived) {
  begin();
  ask("how");
  taken();
  on_loop([&] { session->welcome_back(0); });
  EXPECT_EQ(taken().at(1), R"(again {"t":"message","id":1,"data":"how"})");
}

TEST_F(SessionAsks, QuestionTimesOut) {
  begin();
  ask("how");
  loop.pass(4999ms);
  EXPECT_EQ(told, Lines{});
  loop.pass(1ms);
  EXPECT_EQ(told, Lines{"timed_out null"});
  text(R"({"t":"ack","id":1})");
  EXPECT_EQ(told.size(), 1U) << "the answer comes too late";
}

TEST_F(SessionAsks, AnsweredQuestionDoesNotTimeOut) {
  begin();
  ask("how");
  text(R"({"t":"ack","id":1})");
  loop.pass(5s);
  EXPECT_EQ(told, Lines{"acknowledged null"});
}

TEST_F(SessionAsks, NobodyIsAskedAnyMoreWhenTheSessionEnds) {
  begin();
  ask("how");
  session->end();
  EXPECT_EQ(told, Lines{"disconnected null"});
}

TEST_F(SessionAsks, OneQuestionTooManyFailsAtOnce) {
  begin();
  for (std::size_t i = 0; i < Asks::kMax; ++i) ask("how");
  taken();
  ask("why");
  EXPECT_EQ(told, Lines{R"(failed "too many messages are unanswered")"});
  EXPECT_EQ(taken(), Lines{}) << "it is not sent";
}

TEST_F(SessionAsks, AnswersAreNoRejections) {
  begin();
  text(R"({"t":"ack","id":77})");
  EXPECT_EQ(rejected, Lines{});
}

}  // namespace
}  // namespace microframe::ws
