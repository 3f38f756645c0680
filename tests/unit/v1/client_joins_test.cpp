// Joins and leaves of a client that cross what the server does, and lost sessions.

#include <gtest/gtest.h>

#include "unit/v1/session_driver.hpp"

namespace microframe::v1 {
namespace {

// A new session, and the frames that it begins with.
std::deque<std::string> begin_anew(SessionDriver& d, const std::string& name) {
  d.sent.clear();
  d.come_back();
  d.welcome(false, 0, name);
  return std::exchange(d.sent, {});
}

TEST(ClientJoins, ALeaveThatFoundNoRoomInTheQueueChangesNothing) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.queue = {1, 100};
  SessionDriver d(options);
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","room":"r","id":1})");
  d.send("1");
  d.settled.clear();
  d.leave("r");
  ASSERT_EQ(d.settled.size(), 1U);
  EXPECT_EQ(d.settled[0].code, "queue_full");
  const auto sent = begin_anew(d, "s2");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0], R"({"t":"join","id":1,"room":"r"})");
}

TEST(ClientJoins, WhoIsInAllTheSameIsNotToldThatItHasLeft) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","room":"r","id":1})");
  begin_anew(d, "s2");
  d.joined.clear();
  d.receive(R"({"t":"joined","room":"r"})");
  d.receive(R"({"t":"error","id":1,"code":"forbidden","message":"no"})");
  EXPECT_EQ(d.joined.size(), 1U);
  EXPECT_TRUE(d.left.empty());
  EXPECT_EQ(d.session.rooms().names(), std::vector<std::string>{"r"});
}

TEST(ClientJoins, OneIsEnoughForARoomThatTheServerHadChosen) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"joined","room":"r"})");
  begin_anew(d, "s2");
  ASSERT_EQ(d.left.size(), 1U);
  d.lose();
  d.join("r");
  d.pass(60'000);
  d.open();
  d.welcome(false, 0, "s3");
  EXPECT_EQ(d.sent.size(), 1U) << "the application's own";
  d.receive(R"({"t":"joined","room":"r","id":1})");
  EXPECT_FALSE(d.joined.back().again) << "it was told that it had left";
}

TEST(ClientJoins, ARoomIsStillWantedWhereAnEarlierLeaveIsTold) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","room":"r","id":1})");
  d.leave("r");
  d.join("r");
  d.receive(R"({"t":"left","room":"r","id":2})");
  EXPECT_EQ(d.left.size(), 1U);
  d.receive(R"({"t":"joined","room":"r","id":3})");
  const auto sent = begin_anew(d, "s2");
  ASSERT_EQ(sent.size(), 1U) << "it is wanted again in a new session";
  EXPECT_EQ(sent[0], R"({"t":"join","id":1,"room":"r"})");
}

TEST(ClientJoins, MessagesThatFollowTheAnswerAgainAreSkippedEvenIfTheServerTakesUsOut) {
  SessionDriver d;
  d.start();
  ClientSession::Entry entry;
  entry.room = "r";
  entry.since.emplace();
  entry.since->epoch = "e";
  entry.since->offset = 1;
  d.session.join(1, std::move(entry), d.now_ms);
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":2})");
  d.receive(R"({"t":"left","room":"r"})");
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":2})");
  d.receive(R"({"t":"message","room":"r","offset":3,"data":3})");
  EXPECT_TRUE(d.messages.empty()) << "it comes again";
  d.receive(R"({"t":"joined","room":"r","id":1,"epoch":"e","offset":3,"recovered":true})");
  d.receive(R"({"t":"message","room":"r","offset":2,"data":2})");
  d.receive(R"({"t":"message","room":"r","offset":3,"data":3})");
  EXPECT_EQ(d.messages.size(), 2U);
}

TEST(ClientJoins, WhatComesAgainBehindAJoinIsPassedOverThoughTheRoomIsBeingLeft) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","room":"r","id":1,"epoch":"e","offset":1})");
  begin_anew(d, "s2");
  d.leave("r");
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":2})");
  d.receive(R"({"t":"message","room":"r","offset":3,"data":3})");
  EXPECT_TRUE(d.messages.empty()) << "it comes again";
  d.receive(R"({"t":"joined","room":"r","id":1,"epoch":"e","offset":3,"recovered":true})");
  EXPECT_TRUE(d.joined.back().again);
  d.receive(R"({"t":"message","room":"r","offset":2,"data":2})");
  d.receive(R"({"t":"message","room":"r","offset":3,"data":3})");
  EXPECT_EQ(d.messages.size(), 2U);
  d.receive(R"({"t":"left","room":"r","id":2})");
  EXPECT_TRUE(begin_anew(d, "s3").empty());
}

TEST(ClientJoins, NothingIsPassedOverForAJoinThatIsLostWithItsSession) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","room":"r","id":1,"epoch":"e","offset":1})");
  begin_anew(d, "s2");
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":2})");
  d.leave("r");
  EXPECT_TRUE(begin_anew(d, "s3").empty());
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":3})");
  d.receive(R"({"t":"message","room":"r","offset":4,"data":4})");
  EXPECT_EQ(d.messages.size(), 1U);
}

TEST(ClientJoins, WhoKnowsThatItHasLeftIsNotToldAgainThatItMayNotComeBack) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","room":"r","id":1,"epoch":"e","offset":1})");
  begin_anew(d, "s2");
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":2})");
  d.receive(R"({"t":"left","room":"r"})");
  EXPECT_EQ(d.left.size(), 1U);
  d.receive(R"({"t":"error","id":1,"code":"forbidden","message":"no"})");
  EXPECT_EQ(d.left.size(), 1U);
}

}  // namespace
}  // namespace microframe::v1
