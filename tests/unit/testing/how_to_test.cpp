// The first program of docs/how-to/test.md.

#include <gtest/gtest.h>
#include <microframe/microframe.hpp>
#include <microframe/testing.hpp>

using namespace microframe;
using namespace std::chrono_literals;

// What is tested: who speaks too early is told to wait.
class Quiz : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "quiz"); }
  Task<> on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    if (text(message, "type") == "ask") {
      broadcast_to_room("quiz", {{"question", text(message, "text")}});
      auto thinking = sleep_for(30s);
      co_await thinking;
      broadcast_to_room("quiz", {{"time", "is up"}});
    } else {
      socket.send({{"thanks", user}});
    }
  }
};

TEST(QuizTest, EverybodyHearsTheQuestionAndThatTimeIsUp) {
  TestEndpoint<Quiz> quiz;
  TestClient host = quiz.connect("host");
  TestClient guest = quiz.connect("guest");

  host.send({{"type", "ask"}, {"text", "What is the answer?"}});
  EXPECT_EQ(guest.take(), Json({{"question", "What is the answer?"}}));
  guest.send({{"type", "answer"}, {"text", "42"}});
  EXPECT_EQ(guest.take(), Json({{"thanks", "guest"}}));

  quiz.advance(30s);
  EXPECT_EQ(guest.take(), Json({{"time", "is up"}}));
}

TEST(QuizTest, AMessageWithoutATypeIsAnswered) {
  TestEndpoint<Quiz> quiz;
  TestClient guest = quiz.connect("guest");
  guest.send({{"text", "42"}});
  EXPECT_EQ(guest.take().at("error"), "bad_message");
  EXPECT_TRUE(guest.is_open());
}
