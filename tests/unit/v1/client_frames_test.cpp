// What a client of microframe.v1 writes, and what it reads.
#include "v1/client_frames.hpp"

#include <gtest/gtest.h>

#include "v1/server_frame.hpp"
#include "v1/server_frames.hpp"

namespace microframe::v1 {
namespace {

TEST(ClientFramesTest, TheServerReadsWhatTheClientWrites) {
  EXPECT_EQ(client::message(7, "[1]"), R"({"t":"message","id":7,"data":[1]})");
  EXPECT_EQ(client::message(0, "{}"), R"({"t":"message","data":{}})");
  const Json reply = "ż\"";
  EXPECT_EQ(client::ack(3, &reply), R"({"t":"ack","id":3,"data":"ż\""})");
  EXPECT_EQ(client::ack(3, nullptr), R"({"t":"ack","id":3})");
  EXPECT_EQ(client::error(4, "failed", "a \"b\""),
            R"({"t":"error","id":4,"code":"failed","message":"a \"b\""})");
  EXPECT_EQ(client::leave(5, "r"), R"({"t":"leave","id":5,"room":"r"})");
  EXPECT_EQ(client::refresh(6, "jwt"), R"({"t":"refresh","id":6,"token":"jwt"})");
  EXPECT_EQ(client::received(18), R"({"t":"received","n":18})");
  EXPECT_EQ(client::ping(), R"({"t":"ping"})");
  for (const std::string& frame :
       {client::message(7, "[1]"), client::ack(3, &reply), client::leave(5, "r"),
        client::refresh(6, "jwt"), client::received(18), client::ping()})
    EXPECT_TRUE(parse_client_frame(frame)) << frame;
}

TEST(ClientFramesTest, AJoinSaysWhereItStoppedOrHowManyItWants) {
  client::Join join;
  join.id = 1;
  join.room = "a \"b\"";
  EXPECT_EQ(client::join(join), R"({"t":"join","id":1,"room":"a \"b\""})");
  join.last = 20;
  EXPECT_EQ(client::join(join), R"({"t":"join","id":1,"room":"a \"b\"","last":20})");
  Since since;
  since.epoch = "e";
  since.offset = 41;
  join.last = 0;
  join.since = &since;
  EXPECT_EQ(client::join(join),
            R"({"t":"join","id":1,"room":"a \"b\"","since":{"epoch":"e","offset":41}})");
  since.session = "s";
  const auto read = parse_client_frame(client::join(join));
  ASSERT_TRUE(read && read->since);
  EXPECT_EQ(read->since->session, "s");
}

TEST(ServerFrameTest, TheClientReadsWhatTheServerWrites) {
  Welcome hello;
  hello.session = "s";
  hello.secret = "x";
  hello.user = "alice";
  hello.resumed = true;
  hello.handled = 9;
  hello.ping_ms = 25'000;
  const auto welcome_frame = parse_server_frame(welcome(hello));
  ASSERT_TRUE(welcome_frame);
  EXPECT_EQ(welcome_frame->type, ServerFrame::Type::welcome);
  EXPECT_EQ(welcome_frame->session + welcome_frame->secret + welcome_frame->user, "sxalice");
  EXPECT_TRUE(welcome_frame->resumed);
  EXPECT_EQ(welcome_frame->handled, 9U);
  EXPECT_EQ(welcome_frame->ping_ms, 25'000U);

  MessagePlace place;
  place.room = "r";
  place.offset = 4;
  place.id = 5;
  const auto message_frame = parse_server_frame(message(place, "[1]"));
  ASSERT_TRUE(message_frame);
  EXPECT_EQ(message_frame->type, ServerFrame::Type::message);
  EXPECT_EQ(message_frame->room, "r");
  EXPECT_EQ(message_frame->offset, 4U);
  EXPECT_EQ(message_frame->id, 5U);
  EXPECT_EQ(to_text(message_frame->data), "[1]");

  const Json who = {{"alice", {{{"device", "1"}}}}};
  Joined in;
  in.room = "r";
  in.epoch = "e";
  in.offset = 41;
  in.recovered = false;
  in.presence = &who;
  const auto joined_frame = parse_server_frame(joined(in));
  ASSERT_TRUE(joined_frame);
  EXPECT_EQ(joined_frame->type, ServerFrame::Type::joined);
  EXPECT_EQ(joined_frame->epoch, "e");
  EXPECT_EQ(joined_frame->offset, 41U);
  EXPECT_EQ(joined_frame->recovered, false);
  EXPECT_EQ(joined_frame->presence, who);

  Bye good;
  good.code = 1012;
  good.reason = "restart";
  good.reconnect = true;
  good.retry_ms = 700;
  const auto bye_frame = parse_server_frame(bye(good));
  ASSERT_TRUE(bye_frame);
  EXPECT_EQ(bye_frame->type, ServerFrame::Type::bye);
  EXPECT_EQ(bye_frame->close, 1012U);
  EXPECT_TRUE(bye_frame->reconnect);
  EXPECT_EQ(bye_frame->retry_ms, 700U);

  EXPECT_EQ(parse_server_frame(error(2, "forbidden", "no"))->code, "forbidden");
  EXPECT_EQ(parse_server_frame(left("r", 3))->room, "r");
  EXPECT_EQ(parse_server_frame(presence("r", who, Json(boost::json::object())))->joins, who);
  EXPECT_EQ(parse_server_frame(pong())->type, ServerFrame::Type::pong);
}

TEST(ServerFrameTest, UnknownTypesAndMembersAreIgnored) {
  EXPECT_EQ(parse_server_frame(R"({"t":"dance","id":4})")->type, ServerFrame::Type::unknown);
  EXPECT_EQ(parse_server_frame(R"({"error":"unauthorized"})")->type, ServerFrame::Type::unknown);
  EXPECT_EQ(parse_server_frame(R"({"t":"pong","new":[1]})")->type, ServerFrame::Type::pong);
  EXPECT_TRUE(parse_server_frame(R"({"t":"joined","room":"r","presence":7})")->presence.is_null());
}

TEST(ServerFrameTest, WhatIsBrokenIsSaidInWords) {
  for (const char* bad :
       {"", "{", "[]", R"({"t":"welcome"})", R"({"t":"welcome","session":"s","secret":"x"})",
        R"({"t":"ack","id":-1})", R"({"t":"error","id":1})", R"({"t":"joined","id":1})",
        R"({"t":"message","data":1,"offset":"1"})", R"({"t":"bye","code":1000})",
        R"({"t":"message","data":1e400})"}) {
    const auto frame = parse_server_frame(bad);
    ASSERT_FALSE(frame) << bad;
    EXPECT_FALSE(frame.error().empty()) << bad;
  }
}

}  // namespace
}  // namespace microframe::v1
