// What the server takes from a client of microframe.v1, and how it says what it does not take.
#include "v1/client_frame.hpp"

#include <gtest/gtest.h>

#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

using Type = ClientFrame::Type;

TEST(ClientFrameTest, AMessageHasDataAndMayHaveAnId) {
  const auto frame = parse_client_frame(R"({"t":"message","id":7,"data":{"text":"hi"}})");
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, Type::message);
  EXPECT_EQ(frame->id, 7u);
  EXPECT_EQ(to_text(frame->data), R"({"text":"hi"})");
  EXPECT_EQ(parse_client_frame(R"({"t":"message","data":null})")->id, 0u);
}

TEST(ClientFrameTest, AJoinSaysWhereItStopped) {
  const auto frame = parse_client_frame(
      R"({"t":"join","id":1,"room":"r","since":{"epoch":"e","offset":41,"session":"s"}})");
  ASSERT_TRUE(frame && frame->since);
  EXPECT_EQ(frame->name, "r");
  EXPECT_EQ(frame->since->epoch, "e");
  EXPECT_EQ(frame->since->offset, 41u);
  EXPECT_EQ(frame->since->session, "s");
  EXPECT_EQ(parse_client_frame(R"({"t":"join","id":2,"room":"r","last":20})")->number, 20u);
}

TEST(ClientFrameTest, MembersThatAreNotKnownAreIgnored) {
  const auto frame = parse_client_frame(R"({"t":"ping","new":[1],"room":3})");
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, Type::ping);
}

struct Bad {
  const char* text;
  std::string_view code;
  std::uint64_t id;
};

TEST(ClientFrameTest, WhatCannotBeReadIsSaidWithItsIdWhereThatCan) {
  const Bad bad[] = {
      {"", kInvalidJson, 0},
      {"{", kInvalidJson, 0},
      {R"({"t":"message","data":1e400})", kInvalidJson, 0},
      {"[]", kBadFrame, 0},
      {"7", kBadFrame, 0},
      {"{}", kBadFrame, 0},
      {R"({"t":5})", kBadFrame, 0},
      {R"({"t":"dance","id":4})", kBadFrame, 4},
      {R"({"t":"message","id":-1,"data":0})", kBadFrame, 0},
      {R"({"t":"message","id":1.0,"data":0})", kBadFrame, 0},
      {R"({"t":"message","id":9007199254740992,"data":0})", kBadFrame, 0},
      {R"({"t":"message","id":18446744073709551615,"data":0})", kBadFrame, 0},
      {R"({"t":"message","id":3})", kBadFrame, 3},
      {R"({"t":"ack","data":1})", kBadFrame, 0},
      {R"({"t":"error","id":3,"code":"x"})", kBadFrame, 3},
      {R"({"t":"join","id":3})", kBadFrame, 3},
      {R"({"t":"join","id":3,"room":"r","since":1})", kBadFrame, 3},
      {R"({"t":"join","id":3,"room":"r","since":{"epoch":"e"}})", kBadFrame, 3},
      {R"({"t":"join","id":3,"room":"r","since":{"epoch":"e","offset":"1"}})", kBadFrame, 3},
      {R"({"t":"join","id":3,"room":"r","last":-1})", kBadFrame, 3},
      {R"({"t":"leave","id":3})", kBadFrame, 3},
      {R"({"t":"refresh","id":3})", kBadFrame, 3},
      {R"({"t":"received"})", kBadFrame, 0},
  };
  for (const Bad& one : bad) {
    const auto frame = parse_client_frame(one.text);
    ASSERT_FALSE(frame) << one.text;
    EXPECT_EQ(frame.error().code, one.code) << one.text;
    EXPECT_EQ(frame.error().id, one.id) << one.text;
    EXPECT_FALSE(frame.error().message.empty()) << one.text;
  }
}

TEST(ResumeOfferTest, ReadsWhatItWrites) {
  ResumeOffer offer;
  offer.session = "0123456789abcdef";
  offer.secret = "s-_e";
  offer.received = 18;
  const auto read = parse_resume(to_subprotocol(offer));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session, offer.session);
  EXPECT_EQ(read->secret, offer.secret);
  EXPECT_EQ(read->received, 18u);
  EXPECT_EQ(read->attempt, 0u);
  offer.attempt = 7;
  const auto counted = parse_resume(to_subprotocol(offer));
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->received, 18u);
  EXPECT_EQ(counted->attempt, 7u);
}

TEST(ResumeOfferTest, TakesNothingElse) {
  for (const char* bad :
       {"resume", "resume.", "resume.a", "resume.a.b", "resume.a.b.", "resume.a.b.x",
        "resume.a.b.1x", "resume.a.b.-1", "resume.a.b.99999999999999999999", "resume..b.1",
        "resume.a..1", "token.a.b.1", "resume.a.b.1.", "resume.a.b.1.x", "resume.a.b..1",
        "resume.a.b.1.2.3"})
    EXPECT_FALSE(parse_resume(bad)) << bad;
}

}  // namespace
}  // namespace microframe::v1
