// What a ServerSession has its driver do for each frame of a client's, and for each that is none.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/counted_heap.hpp"
#include "unit/v1/server_driver.hpp"
#include "v1/binary.hpp"
#include "v1/client_frames.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

std::string binary_of(std::uint64_t id, std::string_view content, std::string_view room = {}) {
  BinaryFrame frame;
  frame.number = id;
  frame.room = room;
  frame.content = base::as_bytes(content);
  return write_binary(frame);
}

TEST(ServerSteps, MessageGoesToTheHookWithItsData) {
  ServerDriver driver;
  const auto step = driver.text(R"({"t":"message","id":7,"data":{"text":"hi"}})");
  const auto* handle = std::get_if<Handle>(&step);
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->frame.id, 7u);
  EXPECT_EQ(to_text(handle->frame.data), R"({"text":"hi"})");
}

TEST(ServerSteps, BinaryMessageGoesToTheHookAsAViewIntoTheFrame) {
  ServerDriver driver;
  const std::string frame = binary_of(3, "\xFF\x10");
  const auto step = driver.binary(base::as_bytes(frame));
  const auto* handle = std::get_if<HandleBinary>(&step);
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->id, 3u);
  EXPECT_EQ(base::as_text(handle->content), "\xFF\x10");
  EXPECT_EQ(handle->content.data(), base::as_bytes(frame).data() + 10);
}

TEST(ServerSteps, BinaryMessageMayBeEmptyAndWithoutId) {
  ServerDriver driver;
  const std::string frame = binary_of(0, "");
  for (int i = 0; i < 2; ++i) {
    const auto step = driver.binary(base::as_bytes(frame));
    const auto* handle = std::get_if<HandleBinary>(&step);
    ASSERT_TRUE(handle);
    EXPECT_EQ(handle->id, 0u);
    EXPECT_TRUE(handle->content.empty());
  }
}

TEST(ServerSteps, JoinLeaveAndRefreshAreControls) {
  struct Case {
    const char* text;
    ClientFrame::Type type;
    const char* name;
  };
  const Case cases[] = {
      {R"({"t":"join","id":1,"room":"r"})", ClientFrame::Type::join, "r"},
      {R"({"t":"leave","id":2,"room":"q"})", ClientFrame::Type::leave, "q"},
      {R"({"t":"refresh","id":3,"token":"k"})", ClientFrame::Type::refresh, "k"},
  };
  ServerDriver driver;
  for (const Case& one : cases) {
    const auto step = driver.text(one.text);
    const auto* control = std::get_if<Control>(&step);
    ASSERT_TRUE(control) << one.text;
    EXPECT_EQ(control->frame.type, one.type) << one.text;
    EXPECT_EQ(control->frame.name, one.name) << one.text;
  }
}

TEST(ServerSteps, JoinTellsWhereTheClientStopped) {
  ServerDriver driver;
  const auto step = driver.text(
      R"({"t":"join","id":1,"room":"r","since":{"epoch":"e","offset":41,"session":"s0"},)"
      R"("last":5})");
  const auto* control = std::get_if<Control>(&step);
  ASSERT_TRUE(control && control->frame.since);
  EXPECT_EQ(control->frame.since->epoch, "e");
  EXPECT_EQ(control->frame.since->offset, 41u);
  EXPECT_EQ(control->frame.since->session, "s0");
  EXPECT_EQ(control->frame.number, 5u);
}

TEST(ServerSteps, AckSettlesAnAskWithItsReply) {
  ServerDriver driver;
  const auto step = driver.text(R"({"t":"ack","id":4,"data":[1]})");
  const auto* settle = std::get_if<SettleAsk>(&step);
  ASSERT_TRUE(settle);
  EXPECT_EQ(settle->id, 4u);
  EXPECT_FALSE(settle->failed);
  EXPECT_EQ(to_text(settle->data), "[1]");
  const auto bare = driver.text(R"({"t":"ack","id":5})");
  EXPECT_TRUE(std::get<SettleAsk>(bare).data.is_null());
}

TEST(ServerSteps, ErrorSettlesAnAskAsFailed) {
  ServerDriver driver;
  const auto step = driver.text(R"({"t":"error","id":4,"code":"failed","message":"as asked"})");
  const auto* settle = std::get_if<SettleAsk>(&step);
  ASSERT_TRUE(settle);
  EXPECT_EQ(settle->id, 4u);
  EXPECT_TRUE(settle->failed);
  EXPECT_EQ(to_text(settle->data), R"({"code":"failed","message":"as asked"})");
}

TEST(ServerSteps, AnswersHaveTheServersIdsAndAreNoRepeatsOfTheClients) {
  ServerDriver driver;
  driver.handle(8);
  EXPECT_TRUE(std::holds_alternative<SettleAsk>(driver.text(R"({"t":"ack","id":1})")));
  EXPECT_TRUE(std::holds_alternative<SettleAsk>(driver.text(R"({"t":"ack","id":1})")))
      << "the driver knows what was settled";
  driver.text(R"({"t":"ack","id":99})");
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(9)));
}

TEST(ServerSteps, PingIsAnsweredUncounted) {
  ServerDriver driver;
  const auto step = driver.text(R"({"t":"ping"})");
  const auto* reply = std::get_if<Reply>(&step);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, R"({"t":"pong"})");
  EXPECT_FALSE(reply->counted);
}

// --- frames that have no rate of their own

bool tells_progress(ServerDriver& driver, std::string_view text) {
  return driver.session.tells_progress(parse_client_frame(text));
}

TEST(ServerSteps, ReceivedTellsProgressIfItFreesAFrame) {
  ServerDriver driver;
  EXPECT_FALSE(tells_progress(driver, R"({"t":"received","n":1})")) << "nothing was sent";
  driver.push({"a", "b", "c"});
  EXPECT_FALSE(tells_progress(driver, R"({"t":"received","n":0})"));
  EXPECT_TRUE(tells_progress(driver, R"({"t":"received","n":1})"));
  EXPECT_TRUE(tells_progress(driver, R"({"t":"received","n":9})"));
  driver.receive(2);
  EXPECT_FALSE(tells_progress(driver, R"({"t":"received","n":2})")) << "told already";
  EXPECT_TRUE(tells_progress(driver, R"({"t":"received","n":3})"));
  driver.receive(3);
  EXPECT_FALSE(tells_progress(driver, R"({"t":"received","n":4})")) << "nothing is kept";
}

TEST(ServerSteps, NoOtherFrameTellsProgress) {
  ServerDriver driver;
  driver.push({"a"});
  for (const char* text :
       {R"({"t":"ping"})", R"({"t":"message","data":1})", R"({"t":"ack","id":1})",
        R"({"t":"join","id":1,"room":"r","last":9})", R"({"t":"received"})", "no JSON"})
    EXPECT_FALSE(tells_progress(driver, text)) << text;
}

// --- what is no frame

TEST(ServerSteps, TextThatIsNoFrameIsRefusedAndCounted) {
  struct Case {
    const char* text;
    std::string_view code;
    std::string_view id;  // as it is written; "": none
  };
  const Case cases[] = {
      {"hello", kInvalidJson, ""},
      {R"({"t":"ping")", kInvalidJson, ""},
      {R"({"t":"message","data":1e999})", kInvalidJson, ""},
      {"[1]", kBadFrame, ""},
      {R"("ping")", kBadFrame, ""},
      {"{}", kBadFrame, ""},
      {R"({"t":7})", kBadFrame, ""},
      {R"({"t":"message","id":-1,"data":0})", kBadFrame, ""},
      {R"({"t":"message","id":9007199254740992,"data":0})", kBadFrame, ""},
      {R"({"t":"dance","id":1})", kBadFrame, R"("id":1,)"},
      {R"({"t":"message","id":1})", kBadFrame, R"("id":1,)"},
      {R"({"t":"join","id":1})", kBadFrame, R"("id":1,)"},
      {R"({"t":"join","id":1,"room":"r","since":41})", kBadFrame, R"("id":1,)"},
      {R"({"t":"leave","id":1})", kBadFrame, R"("id":1,)"},
      {R"({"t":"refresh","id":1})", kBadFrame, R"("id":1,)"},
      {R"({"t":"received"})", kBadFrame, ""},
      {R"({"t":"ack","data":1})", kBadFrame, ""},
      {R"({"t":"error","id":1,"code":4})", kBadFrame, R"("id":1,)"},
  };
  for (const Case& one : cases) {
    ServerDriver driver;
    const auto parsed = parse_client_frame(one.text);
    ASSERT_FALSE(parsed) << one.text;
    const auto step = driver.text(one.text);
    const auto* reply = std::get_if<Reply>(&step);
    ASSERT_TRUE(reply) << one.text;
    EXPECT_TRUE(reply->counted) << one.text;
    EXPECT_EQ(reply->text, R"({"t":"error",)" + std::string(one.id) + R"("code":")" +
                               std::string(one.code) + R"(","message":)" +
                               to_text(Json(parsed.error().message)) + "}");
  }
}

TEST(ServerSteps, RefusedFrameWithAnIdIsHandledAndAnsweredOnce) {
  ServerDriver driver;
  EXPECT_NE(reply_of(driver.text(R"({"t":"message","id":3})")), "");
  EXPECT_EQ(driver.session.handled(), 3u);
  EXPECT_TRUE(is_nothing(driver.text(R"({"t":"message","id":3})"))) << "a repeat of it";
  EXPECT_TRUE(is_nothing(driver.message(3))) << "mended, with the same id";
  driver.session.rewind();
  EXPECT_TRUE(is_nothing(driver.message(3))) << "rewound";
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(4)));
}

TEST(ServerSteps, RefusedFrameWithoutAnIdIsAnsweredEachTime) {
  ServerDriver driver;
  driver.handle(5);
  for (int i = 0; i < 2; ++i) EXPECT_NE(reply_of(driver.text("hello")), "");
  EXPECT_EQ(driver.session.handled(), 5u);
}

TEST(ServerSteps, RefusedAnswerDoesNotUseUpAnIdOfTheClients) {
  ServerDriver driver;
  for (int i = 0; i < 2; ++i)
    EXPECT_NE(reply_of(driver.text(R"({"t":"error","id":6,"code":4})")), "");
  EXPECT_NE(reply_of(driver.text(R"({"t":"ack","id":-1})")), "");
  EXPECT_EQ(driver.session.handled(), 0u);
  EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(1)));
}

TEST(ServerSteps, RefusalLeavesTheMessageWhoseTurnItIsUnanswered) {
  ServerDriver driver;
  driver.message(1);
  driver.session.begin(1);
  driver.text("hello");
  driver.text(R"({"t":"leave","id":2})");
  EXPECT_TRUE(driver.session.is_answering());
  EXPECT_EQ(driver.send(driver.session.done()), R"({"t":"ack","id":1})");
}

TEST(ServerSteps, BytesThatAreNoFrameAreRefusedAndCounted) {
  using namespace std::string_view_literals;
  const std::string with_room = binary_of(1, "x", "abc");
  const std::string past_numbers = binary_of(kNumberMax + 1, "x");
  const std::string_view cases[] = {
      ""sv,
      "\x01"sv,
      "\x01\0\0\0\0\0\0\0\x0a"sv,
      "\x02\0\0\0\0\0\0\0\0\0"sv,
      "\x01\0\0\0\0\0\0\0\0\x05\x61\x62\x63"sv,
      with_room,
      past_numbers,
  };
  for (const std::string_view bytes : cases) {
    ServerDriver driver;
    const auto step = driver.binary(base::as_bytes(bytes));
    const auto* reply = std::get_if<Reply>(&step);
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->counted);
    EXPECT_EQ(reply->text, R"({"t":"error","code":"bad_frame",)"
                           R"("message":"a binary frame begins with ten bytes of its own"})");
    EXPECT_EQ(driver.session.handled(), 0u);
    EXPECT_TRUE(std::holds_alternative<Handle>(driver.message(1))) << "no id is used up";
  }
}

TEST(ServerSteps, HighestNumberIsAnId) {
  ServerDriver driver;
  const std::string frame = binary_of(kNumberMax, "x");
  EXPECT_TRUE(std::holds_alternative<HandleBinary>(driver.binary(base::as_bytes(frame))));
}

// --- memory

TEST(ServerSteps, NothingIsAllocatedForFramesThatAreRead) {
  ServerDriver driver;
  driver.push({"a", "b"});
  auto message = parse_client_frame(R"({"t":"message","id":1,"data":{"text":"hi"}})");
  auto repeat = message;
  auto received = parse_client_frame(R"({"t":"received","n":2})");
  auto ack = parse_client_frame(R"({"t":"ack","id":1,"data":{"text":"hi"}})");
  const std::string bytes = binary_of(2, "content");
  const std::size_t before = test::heap_count().blocks;
  const auto handled = driver.session.take(std::move(message));
  driver.session.begin(1);
  const auto repeated = driver.session.take(std::move(repeat));
  const auto reported = driver.session.take(std::move(received));
  const auto settled = driver.session.take(std::move(ack));
  const auto binary = driver.binary(base::as_bytes(bytes));
  EXPECT_EQ(test::heap_count().blocks, before);
  EXPECT_TRUE(std::holds_alternative<Handle>(handled));
  EXPECT_TRUE(is_nothing(repeated));
  EXPECT_TRUE(is_nothing(reported));
  EXPECT_TRUE(std::holds_alternative<SettleAsk>(settled));
  EXPECT_TRUE(std::holds_alternative<HandleBinary>(binary));
}

TEST(ServerSteps, HandledIdsTakeNoMemory) {
  ServerDriver driver;
  const auto before = test::heap_count().live;
  for (std::uint64_t id = 1; id <= 1'000; ++id) {
    driver.message(2 * id);
    driver.session.begin(2 * id);
    driver.session.done();
  }
  EXPECT_EQ(test::heap_count().live, before);
}

TEST(ServerSteps, AnInheritedMessageNamesWhereItWasFirstSent) {
  ServerSession session("s2", "secret", {});
  auto step = session.take(parse_client_frame(R"({"t":"message","id":1,"of":"s1.7","data":1})"));
  const auto* handle = std::get_if<Handle>(&step);
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->frame.name, "s1.7");
  const std::string frame("\x01\0\0\0\0\0\0\0\x02\x04s1.8bytes", 19);
  step = session.take_binary(base::as_bytes(frame));
  const auto* binary = std::get_if<HandleBinary>(&step);
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->id, 2U);
  EXPECT_EQ(binary->of, "s1.8");
  EXPECT_EQ(base::as_text(binary->content), "bytes");
}

TEST(ServerSteps, AnOriginThatIsNoneIsABadFrame) {
  for (const char* of : {R"("s1")", R"(".7")", R"("s1.")", R"("s1.0")", R"("s1.07")", R"("s1.7x")",
                         R"("s1.9007199254740992")", R"("s.1.7")", R"("")", "7"}) {
    const auto frame =
        parse_client_frame(R"({"t":"message","id":1,"data":1,"of":)" + std::string(of) + "}");
    ASSERT_FALSE(frame) << of;
    EXPECT_EQ(frame.error().code, kBadFrame) << of;
    EXPECT_EQ(frame.error().id, 1U) << of;
  }
  EXPECT_FALSE(parse_client_frame(R"({"t":"message","of":"s1.7","data":1})")) << "it has no id";
  ServerSession session("s2", "secret", {});
  const std::string unnumbered("\x01\0\0\0\0\0\0\0\0\x04s1.8", 14);
  EXPECT_TRUE(std::holds_alternative<Reply>(session.take_binary(base::as_bytes(unnumbered))));
}

TEST(ServerSteps, AWelcomeSaysThatItInheritsOnlyWhereItDoes) {
  const ServerSession session("s2", "secret", {});
  EXPECT_NE(session.welcome("alice", true).text.find(R"("resumed":false,"inherits":true,)"),
            std::string::npos);
  EXPECT_EQ(session.welcome("alice").text.find("inherits"), std::string::npos);
}

}  // namespace
}  // namespace microframe::v1
