// The bytes that a server of microframe.v1 sends.
#include "v1/server_frames.hpp"

#include <gtest/gtest.h>

#include "v1/binary.hpp"

namespace microframe::v1 {
namespace {

TEST(ServerFramesTest, AMessageNamesItsPlaceWhereItHasOne) {
  MessagePlace place;
  EXPECT_EQ(message(place, "[1]"), R"({"t":"message","data":[1]})");
  place.room = "a \"b\"";
  place.offset = 0;
  place.id = 9;
  EXPECT_EQ(message(place, "{}"),
            R"({"t":"message","room":"a \"b\"","offset":0,"id":9,"data":{}})");
}

TEST(ServerFramesTest, AnAckHasDataOnlyWhereTheHookReturnedSome) {
  const Json null;
  EXPECT_EQ(ack(3, nullptr), R"({"t":"ack","id":3})");
  EXPECT_EQ(ack(3, &null), R"({"t":"ack","id":3,"data":null})");
}

TEST(ServerFramesTest, AnErrorOfAFrameThatCouldNotBeReadHasNoId) {
  EXPECT_EQ(error(0, "bad_frame", "x\n"), R"({"t":"error","code":"bad_frame","message":"x\n"})");
  EXPECT_EQ(error(2, "forbidden", ""), R"({"t":"error","id":2,"code":"forbidden","message":""})");
}

TEST(ServerFramesTest, JoinedSaysWhatTheRoomHas) {
  Joined bare;
  bare.room = "r";
  EXPECT_EQ(joined(bare), R"({"t":"joined","room":"r"})");
  const Json who{{"alice", boost::json::array{}}};
  bare.id = 1;
  bare.epoch = "e";
  bare.offset = 5;
  bare.recovered = false;
  bare.presence = &who;
  EXPECT_EQ(
      joined(bare),
      R"({"t":"joined","room":"r","id":1,"epoch":"e","offset":5,"recovered":false,"presence":{"alice":[]}})");
  EXPECT_EQ(left("r", 0), R"({"t":"left","room":"r"})");
}

TEST(ServerFramesTest, ByeAdvises) {
  Bye restart;
  restart.code = 1012;
  restart.reason = "restart";
  restart.reconnect = true;
  restart.retry_ms = 250;
  EXPECT_EQ(bye(restart),
            R"({"t":"bye","code":1012,"reason":"restart","reconnect":true,"retry_ms":250})");
}

TEST(ServerFramesTest, ObjectsAndArraysAreDataAndAllOtherTextIsAString) {
  EXPECT_EQ(data_of(R"( {"a": 1})"), R"( {"a": 1})");
  EXPECT_EQ(data_of("[1,2]"), "[1,2]");
  EXPECT_EQ(data_of("{not json"), R"("{not json")");
  EXPECT_EQ(data_of("12"), R"("12")");
  EXPECT_EQ(data_of(""), R"("")");
  EXPECT_EQ(content_of(Json("12")), "12");
  EXPECT_EQ(content_of(Json{{"a", 1}}), R"({"a":1})");
}

TEST(BinaryFrameTest, ReadsWhatItWritesAndNoPieceOfIt) {
  BinaryFrame frame;
  frame.number = 0x0102030405060708;
  frame.room = "r\xC3\xA9";
  frame.content = base::as_bytes("abc");
  const std::string bytes = write_binary(frame);
  EXPECT_EQ(bytes, std::string("\x01\x01\x02\x03\x04\x05\x06\x07\x08\x03r\xC3\xA9"
                               "abc"));
  const auto read = parse_binary(base::as_bytes(bytes));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->number, frame.number);
  EXPECT_EQ(read->room, frame.room);
  EXPECT_EQ(base::as_text(read->content), "abc");
  for (std::size_t size = 0; size < 13; ++size)
    EXPECT_FALSE(parse_binary(base::as_bytes(bytes).first(size))) << size;
  EXPECT_FALSE(parse_binary(base::as_bytes("\x02" + bytes.substr(1))));
}

}  // namespace
}  // namespace microframe::v1
