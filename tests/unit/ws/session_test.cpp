// The server's driver of microframe.v1: what it reads and answers, what it keeps and sends again.
#include "ws/session.hpp"

#include <boost/json/object.hpp>

#include "unit/ws/session_rig.hpp"
#include "v1/binary.hpp"
#include "ws/encode.hpp"

namespace microframe::ws {
namespace {

class SessionTest : public SessionRig {
 protected:
  using SessionRig::SessionRig;

  std::string refused(std::uint64_t id, std::string_view code, std::string_view text) {
    return v1::error(id, code, text);
  }
  // The application sends to the device.
  Lines push(std::string_view text) {
    on_loop([&] { session->deliver(encode(Message::text(text), Forms::both)); });
    return taken();
  }
  std::uint64_t encoded() const { return site.counts.sessions.encoded; }
};

// --- begin and end

TEST_F(SessionTest, WelcomeNamesTheSessionAndItsTerms) {
  const Json welcome = begin();
  EXPECT_EQ(welcome.at("t"), "welcome");
  EXPECT_EQ(microframe::text(welcome, "session"), session->name());
  EXPECT_EQ(welcome.at("user"), "alice");
  EXPECT_EQ(welcome.at("resumed"), false);
  EXPECT_EQ(welcome.at("handled"), 0);
  EXPECT_EQ(welcome.at("ttl_ms"), 120'000);
  EXPECT_EQ(welcome.at("ping_ms"), 25'000);
}

TEST_F(SessionTest, SessionIsFoundFromItsBeginToItsEnd) {
  EXPECT_EQ(site.registries.sessions.count(), 0U);
  EXPECT_FALSE(endpoint_.has_sessions());
  secret = microframe::text(begin(), "secret");
  EXPECT_TRUE(find());
  EXPECT_EQ(endpoint_.sessions(), 1U);
  session->end();
  EXPECT_FALSE(find());
  EXPECT_EQ(endpoint_.sessions(), 0U);
  session->end();
  EXPECT_EQ(endpoint_.sessions(), 0U) << "it ends once";
}

TEST_F(SessionTest, SessionThatNeverBeganEndsWithoutBeingCounted) {
  session->end();
  EXPECT_EQ(endpoint_.sessions(), 0U);
}

TEST_F(SessionTest, SessionBelongsToItsUserAtItsEndpoint) {
  secret = microframe::text(begin(), "secret");
  const Endpoint other(
      WebSocketRoute("/other", std::make_unique<RigChat>(), authx::AuthConfig(std::string(32, 's')))
          .take());
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found.session->belongs_to(endpoint_, "alice"));
  EXPECT_FALSE(found.session->belongs_to(endpoint_, "mallory"));
  EXPECT_FALSE(found.session->belongs_to(other, "alice"));
}

TEST_F(SessionTest, StreamOfAClientThatComesBackIsHandedToTheDevice) {
  secret = microframe::text(begin(), "secret");
  const auto resumption = std::make_shared<Resumption>();
  find().session->request_resume(resumption);
  EXPECT_EQ(requested, resumption);
}

// --- messages

TEST_F(SessionTest, MessageIsAcknowledgedOnceItsHookHasRun) {
  begin();
  EXPECT_EQ(message(1, "{}"), Lines{R"({"t":"ack","id":1})"});
  EXPECT_EQ(chat.messages, 1);
}

TEST_F(SessionTest, ReplyIsTheAcknowledgement) {
  begin();
  EXPECT_EQ(message(1, R"({"do":"reply","with":[1,2]})"),
            Lines{R"({"t":"ack","id":1,"data":[1,2]})"});
}

TEST_F(SessionTest, ReplyToAMessageWithoutAnIdIsAMessage) {
  begin();
  EXPECT_EQ(text(R"({"t":"message","data":{"do":"reply","with":"hi"}})"),
            Lines{R"({"t":"message","data":"hi"})"});
  EXPECT_EQ(text(R"({"t":"message","data":{}})"), Lines{}) << "nothing to acknowledge";
}

TEST_F(SessionTest, ReplyOutsideOfATurnIsNone) {
  begin();
  EXPECT_FALSE(session->reply("hi"));
  EXPECT_FALSE(session->is_answering());
  EXPECT_EQ(taken(), Lines{});
}

TEST_F(SessionTest, MessageThatCameBeforeIsNotHandledAgain) {
  begin();
  message(1, "{}");
  EXPECT_EQ(message(1, "{}"), Lines{});
  EXPECT_EQ(chat.messages, 1);
}

TEST_F(SessionTest, HookRefusesAMessageByItsId) {
  begin();
  EXPECT_EQ(message(1, R"({"do":"refuse"})"), Lines{refused(1, "bad_message", "not this")});
  EXPECT_EQ(message(2, "{}"), Lines{R"({"t":"ack","id":2})"});
}

TEST_F(SessionTest, WordsOfAHookThatAreNoTextAreNotSent) {
  begin();
  EXPECT_EQ(message(1, R"({"do":"refuse in bytes"})"),
            Lines{refused(1, "bad_message", "not UTF-8")});
}

TEST_F(SessionTest, MessageWhoseHookFailsIsAnsweredByItsId) {
  begin();
  EXPECT_EQ(message(1, R"({"do":"fail"})"), Lines{refused(1, "failed", "the hook failed")});
}

TEST_F(SessionTest, PingIsAnsweredAndNotKept) {
  begin();
  EXPECT_EQ(text(R"({"t":"ping"})"), Lines{R"({"t":"pong"})"});
  on_loop([&] { session->welcome_back(0); });
  EXPECT_EQ(taken().size(), 1U) << "the welcome alone";
}

// --- frames that cannot be taken

TEST_F(SessionTest, FrameThatCannotBeReadIsAnsweredAndCounted) {
  begin();
  EXPECT_EQ(text("{").size(), 1U);
  EXPECT_EQ(text(R"({"t":"dance","id":4})"),
            Lines{refused(4, "bad_frame", "there is no frame of that type")});
  EXPECT_EQ(binary("short"),
            Lines{refused(0, "bad_frame", "a binary frame begins with ten bytes of its own")});
  EXPECT_EQ(rejected,
            (Lines{"bad_message invalid_json", "bad_message bad_frame", "bad_message bad_frame"}));
  EXPECT_EQ(chat.messages, 0);
}

TEST_F(SessionTest, AnswerToAGoodFrameIsNoRejection) {
  begin();
  message(1, "{}");
  text(R"({"t":"ping"})");
  EXPECT_EQ(rejected, Lines{});
}

TEST_F(SessionTest, BinaryMessageGoesToTheHooks) {
  begin();
  v1::BinaryFrame frame;
  frame.number = 3;
  frame.content = base::as_bytes("bytes");
  EXPECT_EQ(binary(v1::write_binary(frame)),
            Lines{refused(3, "binary_not_supported", "this endpoint takes JSON text messages")});
  EXPECT_EQ(rejected, Lines{}) << "whether a hook takes it is not the session's to judge";
}

TEST_F(SessionTest, FramesCountAgainstTheRate) {
  begin();
  message(1, "{}");
  text("{");
  binary("short");
  EXPECT_EQ(rated, 3);
}

TEST_F(SessionTest, FramesPastTheRateAreNotRead) {
  begin();
  is_within_rate = false;
  EXPECT_EQ(message(1, "{}"), Lines{});
  EXPECT_EQ(binary("short"), Lines{});
  EXPECT_EQ(text("{"), Lines{});
  EXPECT_EQ(chat.messages, 0);
  EXPECT_EQ(rejected, Lines{});
}

TEST_F(SessionTest, ProgressOfTheClientCountsAgainstNoRate) {
  begin();
  push("1");
  push("2");
  EXPECT_EQ(text(R"({"t":"received","n":1})"), Lines{});
  EXPECT_EQ(text(R"({"t":"received","n":2})"), Lines{});
  EXPECT_EQ(rated, 0);
  text(R"({"t":"received","n":2})");
  EXPECT_EQ(rated, 1) << "no progress: a peer could send such frames for ever";
}

TEST_F(SessionTest, A11_AnswersThatWereAskedForCountAgainstNoRate) {
  begin();
  constexpr int kAsked = 600;
  int told = 0;
  on_loop([&] {
    for (int i = 0; i < kAsked; ++i)
      session->ask(Json("?"), std::chrono::seconds(5), [&](AckStatus, const Json&) { ++told; });
  });
  rated = 0;
  for (int i = 1; i <= kAsked; ++i) {
    text(i % 2 == 0 ? R"({"t":"ack","id":)" + std::to_string(i) + "}"
                    : R"({"t":"error","code":"no","message":"","id":)" + std::to_string(i) + "}");
  }
  EXPECT_EQ(told, kAsked);
  EXPECT_EQ(rated, 0);
  text(R"({"t":"ack","id":1})");
  EXPECT_EQ(rated, 1) << "nobody asks any more";
}

TEST_F(SessionTest, A11_PingsCountWhereTheyComeMoreOftenThanTheyShould) {
  begin();
  rated = 0;
  text(R"({"t":"ping"})");
  EXPECT_EQ(rated, 0);
  text(R"({"t":"ping"})");
  EXPECT_EQ(rated, 1);
}

TEST_F(SessionTest, ProgressIsReadThoughTheRateIsPassed) {
  begin();
  push("1");
  is_within_rate = false;
  text(R"({"t":"received","n":1})");
  EXPECT_FALSE(session->can_resume(0));
  EXPECT_TRUE(session->can_resume(1));
}

// --- what is sent

TEST_F(SessionTest, FrameThatIsEnvelopedGoesAsItIs) {
  begin();
  const std::uint64_t before = encoded();
  EXPECT_EQ(push("hi"), Lines{R"({"t":"message","data":"hi"})"});
  EXPECT_EQ(encoded(), before);
}

TEST_F(SessionTest, FrameEncodedWhileThereWasNoSessionIsEnvelopedLater) {
  begin();
  const std::uint64_t before = encoded();
  on_loop([&] { session->deliver(encode(Json{{"a", 1}}, Forms::plain)); });
  EXPECT_EQ(taken(), Lines{R"({"t":"message","data":{"a":1}})"});
  EXPECT_EQ(encoded(), before + 1);
}

TEST_F(SessionTest, ClientThatComesBackIsWelcomedAndSentWhatItMissed) {
  begin();
  push("1");
  push("2");
  message(1, "{}");
  on_loop([&] { session->welcome_back(1); });
  const Lines told = taken();
  ASSERT_EQ(told.size(), 3U);
  const Json welcome = boost::json::parse(told[0]);
  EXPECT_EQ(welcome.at("resumed"), true);
  EXPECT_EQ(welcome.at("handled"), 1);
  EXPECT_EQ(told[1], R"(again {"t":"message","data":"2"})");
  EXPECT_EQ(told[2], R"(again {"t":"ack","id":1})");
  EXPECT_EQ(site.counts.sessions.resumed, 1U);
  EXPECT_EQ(site.counts.sessions.replayed, 2U);
}

TEST_F(SessionTest, ClientThatMissedNothingIsOnlyWelcomed) {
  begin();
  push("1");
  on_loop([&] { session->welcome_back(1); });
  EXPECT_EQ(taken().size(), 1U);
  EXPECT_EQ(site.counts.sessions.replayed, 0U);
}

Limits limits_of_two_frames() {
  Limits limits;
  limits.session_frames_max = 2;
  return limits;
}

class SessionOfTwoFrames : public SessionTest {
 protected:
  SessionOfTwoFrames() : SessionTest(limits_of_two_frames()) {}
};

TEST_F(SessionOfTwoFrames, ClientThatMissedMoreThanIsKeptCannotResume) {
  begin();
  for (const char* text : {"1", "2", "3"}) push(text);
  EXPECT_FALSE(session->can_resume(0));
  EXPECT_TRUE(session->can_resume(1));
  EXPECT_TRUE(session->can_resume(3));
}

TEST_F(SessionTest, OnlyTheLatestAttemptToResumeCounts) {
  begin();
  EXPECT_TRUE(session->is_latest(1));
  EXPECT_TRUE(session->is_latest(3));
  EXPECT_FALSE(session->is_latest(3));
  EXPECT_FALSE(session->is_latest(2));
  EXPECT_TRUE(session->is_latest(0)) << "the client does not count its attempts";
}

TEST_F(SessionTest, A07_WhatASuspendedSessionKeepsCountsUntilItsClientIsBack) {
  begin();
  const base::Frame frame({}, encode_text(std::string(10'000, 'x')));
  const auto& bytes = site.registries.suspended_bytes;
  on_loop([&] {
    session->deliver(frame);
    EXPECT_EQ(bytes.bytes(), 0U) << "it is not suspended";
    session->suspend();
    EXPECT_GE(bytes.bytes(), 10'000U);
    session->deliver(frame);
    EXPECT_GE(bytes.bytes(), 20'000U);
    session->welcome_back(0);
    EXPECT_EQ(bytes.bytes(), 0U);
    session->suspend();
    session->end();
    EXPECT_EQ(bytes.bytes(), 0U);
  });
}

class SessionOfLittleMemory : public SessionRig {
 protected:
  SessionOfLittleMemory() : SessionRig(limits()) {}
  static Limits limits() {
    Limits result;
    result.sessions_bytes_max = 25'000;
    return result;
  }
};

TEST_F(SessionOfLittleMemory, A07_EndsEarlyWhereSuspendedSessionsKeepTooMuch) {
  begin();
  const base::Frame frame({}, encode_text(std::string(10'000, 'x')));
  on_loop([&] {
    session->suspend();
    session->deliver(frame);
    session->deliver(frame);
    EXPECT_EQ(given_up, 0);
    session->deliver(frame);
    EXPECT_EQ(given_up, 1);
  });
  EXPECT_EQ(site.registries.suspended_bytes.bytes(), 0U);
}

TEST_F(SessionTest, MessageThatWasDroppedInTheQueueMayComeAgain) {
  begin();
  chat.meanwhile = [this] {
    session->read(false, base::as_bytes(R"({"t":"message","id":2,"data":{}})"));
    runner.disconnect(DisconnectReason(DisconnectCause::connection_lost, 1006), true);
    session->rewind();
  };
  EXPECT_EQ(message(1, "{}"), Lines{R"({"t":"ack","id":1})"});
  EXPECT_EQ(chat.messages, 1);
  on_loop([this] {
    if (runner.is_free()) runner.begin_anew();
    runner.connect(WebSocket(handle));
  });
  EXPECT_EQ(message(1, "{}"), Lines{}) << "it had its turn";
  EXPECT_EQ(message(2, "{}"), Lines{R"({"t":"ack","id":2})"});
}

// --- advice before a Close

TEST_F(SessionTest, ByeTellsWhetherAndWhenToComeBack) {
  begin();
  on_loop([&] { session->bye(proto::CloseCode::service_restart, "restart"); });
  const Json restart = boost::json::parse(taken().at(0));
  EXPECT_EQ(restart.at("t"), "bye");
  EXPECT_EQ(restart.at("code"), 1012);
  EXPECT_EQ(restart.at("reason"), "restart");
  EXPECT_EQ(restart.at("reconnect"), true);
  EXPECT_LT(restart.at("retry_ms").as_int64(), 1'000)
      << "few connections come back within a second";
  on_loop([&] { session->bye(proto::CloseCode::replaced, "another device"); });
  EXPECT_EQ(boost::json::parse(taken().at(0)).at("reconnect"), false);
}

TEST_F(SessionTest, ByeIsNotKept) {
  begin();
  on_loop([&] {
    session->bye(proto::CloseCode::service_restart, "restart");
    session->welcome_back(0);
  });
  EXPECT_EQ(taken().size(), 2U);
}

}  // namespace
}  // namespace microframe::ws
