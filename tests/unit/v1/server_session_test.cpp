// A ServerSession over its connections: welcomes, what is kept and sent again, what may come again.
#include "v1/server_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "unit/v1/server_driver.hpp"

namespace microframe::v1 {
namespace {

using Frames = std::vector<std::string>;

std::string welcome(bool resumed, int handled) {
  return R"({"t":"welcome","session":"s1","secret":"x1","user":"alice","resumed":)" +
         std::string(resumed ? "true" : "false") + R"(,"handled":)" + std::to_string(handled) +
         R"(,"ttl_ms":60000,"ping_ms":25000})";
}

TEST(ServerSession, KeepsItsNameAndSecret) {
  const ServerDriver driver;
  EXPECT_EQ(driver.session.name(), "s1");
  EXPECT_EQ(driver.session.secret(), "x1");
}

TEST(ServerSession, WelcomesNewClientUncounted) {
  const ServerDriver driver;
  const Reply first = driver.session.welcome("alice");
  EXPECT_FALSE(first.counted);
  EXPECT_EQ(first.text, welcome(false, 0));
}

TEST(ServerSession, WelcomesBackUncountedAndTellsWhatWasHandled) {
  ServerDriver driver;
  driver.handle(1);
  driver.handle(5);
  const Reply back = driver.session.welcome_back("alice", 0);
  EXPECT_FALSE(back.counted);
  EXPECT_EQ(back.text, welcome(true, 5));
}

// --- what is kept

TEST(ServerSession, KeepsCountedFramesInOrderUntilReceived) {
  ServerDriver driver;
  driver.push({"a", "b", "c"});
  EXPECT_EQ(driver.kept(), (Frames{"a", "b", "c"}));
  driver.receive(2);
  EXPECT_EQ(driver.kept(), (Frames{"c"}));
  EXPECT_EQ(driver.session.kept(), 1u);
}

TEST(ServerSession, KeepsTheFrameItselfAndNoCopy) {
  ServerDriver driver;
  const auto frame = base::SharedBuffer::copy(base::as_bytes("a"));
  driver.session.sent(frame);
  driver.session.for_each_kept([&](const base::SharedBuffer& kept) {
    EXPECT_EQ(kept.bytes().data(), frame.bytes().data());
  });
}

TEST(ServerSession, CountsItsOwnAnswersWithTheFramesOfTheApplication) {
  ServerDriver driver;
  driver.push({"a"});
  driver.handle(1);
  driver.push({"b"});
  EXPECT_EQ(driver.kept(), (Frames{"a", R"({"t":"ack","id":1})", "b"}));
}

TEST(ServerSession, NeverKeepsWelcomesPongsAndByes) {
  ServerDriver driver;
  driver.send(driver.session.welcome("alice"));
  driver.send(std::get<Reply>(driver.text(R"({"t":"ping"})")));
  driver.send(driver.session.bye(1012, "restart", 5));
  driver.send(driver.session.welcome_back("alice", 0));
  EXPECT_EQ(driver.session.kept(), 0u);
}

TEST(ServerSession, SendsAgainOnlyWhatTheClientHasNotReceived) {
  ServerDriver driver;
  driver.push({"a", "b", "c"});
  driver.session.welcome_back("alice", 1);
  EXPECT_EQ(driver.kept(), (Frames{"b", "c"}));
  driver.session.welcome_back("alice", 3);
  EXPECT_EQ(driver.kept(), Frames{});
}

TEST(ServerSession, GoesOnCountingOverConnections) {
  ServerDriver driver;
  driver.push({"a", "b"});
  driver.session.welcome_back("alice", 2);
  driver.push({"c"});
  EXPECT_TRUE(driver.session.can_resume(2));
  EXPECT_TRUE(driver.session.can_resume(3));
  EXPECT_FALSE(driver.session.can_resume(4));
  driver.receive(3);
  EXPECT_EQ(driver.kept(), Frames{});
}

TEST(ServerSession, SendsTheSameFramesAgainAfterSeveralLostConnections) {
  ServerDriver driver;
  driver.push({"a", "b"});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(driver.session.can_resume(0));
    driver.session.welcome_back("alice", 0);
    EXPECT_EQ(driver.kept(), (Frames{"a", "b"}));
  }
}

// --- which offers to resume are good

TEST(ServerSession, CannotResumeBeforeWhatWasReported) {
  ServerDriver driver;
  driver.push({"a", "b", "c"});
  driver.receive(2);
  EXPECT_FALSE(driver.session.can_resume(1));
  EXPECT_TRUE(driver.session.can_resume(2));
  EXPECT_TRUE(driver.session.can_resume(3));
}

TEST(ServerSession, CannotResumeAfterMoreThanWasSent) {
  ServerDriver driver;
  driver.push({"a"});
  EXPECT_TRUE(driver.session.can_resume(1));
  EXPECT_FALSE(driver.session.can_resume(2));
}

TEST(ServerSession, CannotResumeOnceTheBoundsHavePushedOutWhatIsMissing) {
  ServerDriver by_frames({1'000, 2});
  by_frames.push({"a", "b", "c"});
  EXPECT_FALSE(by_frames.session.can_resume(0));
  EXPECT_TRUE(by_frames.session.can_resume(1));
  EXPECT_EQ(by_frames.kept(), (Frames{"b", "c"}));
  ServerDriver by_bytes({4, 1'000});
  by_bytes.push({"aa", "bb", "cc"});
  EXPECT_FALSE(by_bytes.session.can_resume(0));
  EXPECT_EQ(by_bytes.kept(), (Frames{"bb", "cc"}));
}

TEST(ServerSession, ForgetsNoMoreThanWasSentWhateverIsReported) {
  ServerDriver driver;
  driver.push({"a"});
  driver.receive(99);
  driver.push({"b"});
  EXPECT_EQ(driver.kept(), (Frames{"b"}));
  EXPECT_TRUE(driver.session.can_resume(1));
}

TEST(ServerSession, TakesOnlyAttemptsThatCountHigher) {
  ServerDriver driver;
  EXPECT_TRUE(driver.session.is_latest(1));
  EXPECT_FALSE(driver.session.is_latest(1)) << "the same attempt twice";
  EXPECT_TRUE(driver.session.is_latest(3));
  EXPECT_FALSE(driver.session.is_latest(2)) << "overtaken";
  EXPECT_TRUE(driver.session.is_latest(4));
}

TEST(ServerSession, AlwaysTakesAttemptsThatAreNotCounted) {
  ServerDriver driver;
  EXPECT_TRUE(driver.session.is_latest(7));
  EXPECT_TRUE(driver.session.is_latest(0));
  EXPECT_TRUE(driver.session.is_latest(0));
  EXPECT_FALSE(driver.session.is_latest(7)) << "an uncounted attempt has lowered the count";
}

// --- ids

TEST(ServerSession, HandlesEachIdOnce) {
  ServerDriver driver;
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(1)));
  EXPECT_TRUE(is_nothing(driver.message(1))) << "while the first waits for its turn";
  driver.session.begin(1);
  driver.session.done();
  EXPECT_TRUE(is_nothing(driver.message(1))) << "after its turn";
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(9)));
  EXPECT_TRUE(is_nothing(driver.message(8))) << "ids only rise";
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(10)));
}

TEST(ServerSession, NumbersMessagesAndControlsAndBinariesTogether) {
  ServerDriver driver;
  EXPECT_TRUE(std::holds_alternative<Control>(driver.text(R"({"t":"join","id":1,"room":"r"})")));
  EXPECT_TRUE(is_nothing(driver.message(1)));
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(2)));
  EXPECT_TRUE(is_nothing(driver.text(R"({"t":"leave","id":2,"room":"r"})")));
  EXPECT_TRUE(is_nothing(driver.text(R"({"t":"refresh","id":2,"token":"t"})")));
  const std::string second("\x01\0\0\0\0\0\0\0\x02\0", 10);
  EXPECT_TRUE(is_nothing(driver.binary(base::as_bytes(second))));
  const std::string third("\x01\0\0\0\0\0\0\0\x03\0", 10);
  EXPECT_TRUE(std::holds_alternative<HandleBinary>(driver.binary(base::as_bytes(third))));
  EXPECT_TRUE(is_nothing(driver.message(3)));
}

TEST(ServerSession, HandlesMessagesWithoutIdEachTime) {
  ServerDriver driver;
  driver.handle(4);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(std::holds_alternative<Handle>(driver.text(R"({"t":"message","data":1})")));
    driver.session.begin(0);
    EXPECT_EQ(driver.send(driver.session.done()), "");
  }
  EXPECT_EQ(driver.session.handled(), 4u);
}

TEST(ServerSession, CountsAsHandledWhatHasBegunNotWhatHasCome) {
  ServerDriver driver;
  driver.message(1);
  driver.message(2);
  EXPECT_EQ(driver.session.handled(), 0u);
  driver.session.begin(1);
  EXPECT_EQ(driver.session.handled(), 1u) << "before the hook has ended";
  EXPECT_EQ(driver.session.welcome_back("alice", 0).text, welcome(true, 1));
}

TEST(ServerSession, TakesAgainWhatWasDroppedBeforeItsTurn) {
  ServerDriver driver;
  driver.message(1);
  driver.message(2);
  driver.message(3);
  driver.session.begin(1);
  driver.session.rewind();
  EXPECT_TRUE(is_nothing(driver.message(1))) << "it has begun";
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(2)));
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(3)));
}

TEST(ServerSession, StillAnswersAfterRewindWhatHadItsTurn) {
  ServerDriver driver;
  driver.message(1);
  driver.session.begin(1);
  driver.session.rewind();
  EXPECT_EQ(driver.send(driver.session.done()), R"({"t":"ack","id":1})");
  EXPECT_EQ(driver.kept(), (Frames{R"({"t":"ack","id":1})"}));
}

// --- a connection ends

TEST(ServerSession, HealsAfterTheCodesOfTheProtocol) {
  constexpr std::uint16_t healing[] = {1001, 1009, 1011, 1012, 1013, 4401, 4408, 4429};
  for (int code = 0; code <= 0xFFFF; ++code) {
    const bool heals = std::find(std::begin(healing), std::end(healing), code) != std::end(healing);
    EXPECT_EQ(ServerSession::heals(static_cast<std::uint16_t>(code)), heals) << code;
  }
}

TEST(ServerSession, SaysByeWithTheTimeToComeBack) {
  const ServerDriver driver;
  const Reply bye = driver.session.bye(1012, "restart", 700);
  EXPECT_FALSE(bye.counted);
  EXPECT_EQ(bye.text,
            R"({"t":"bye","code":1012,"reason":"restart","reconnect":true,"retry_ms":700})");
}

TEST(ServerSession, SaysByeWithoutTimeWhereTheClientStaysAway) {
  const ServerDriver driver;
  EXPECT_EQ(driver.session.bye(4409, "resumed elsewhere", 700).text,
            R"({"t":"bye","code":4409,"reason":"resumed elsewhere","reconnect":false,)"
            R"("retry_ms":0})");
}

TEST(ServerSession, SaysByeWithoutTimeWhereAFreshTokenHelps) {
  const ServerDriver driver;
  EXPECT_EQ(driver.session.bye(4401, "expired", 700).text,
            R"({"t":"bye","code":4401,"reason":"expired","reconnect":true,"retry_ms":0})");
}

}  // namespace
}  // namespace microframe::v1
