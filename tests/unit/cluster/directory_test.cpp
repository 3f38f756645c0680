#include "cluster/directory.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace microframe::cluster {
namespace {

using Names = std::vector<std::string>;
using hub::UserRecord;

UserRecord present(const std::string& room = {}) {
  UserRecord record;
  record.present = record.receiving = 1;
  if (room.empty()) return record;
  record.rooms.emplace_back();
  record.rooms[0].room = room;
  record.rooms[0].devices = {{"1", boost::json::object()}};
  return record;
}

class Directories : public testing::Test {
 protected:
  Directories() { chat = directory.add_endpoint("/chat"); }

  // What a node tells, by name.
  Directory::Heard changes(const char* node, std::uint64_t number,
                           std::vector<std::pair<const char*, UserRecord>> users) {
    return directory.changes({node, incarnation, 0}, body(number, std::move(users)), now_ms);
  }
  Directory::Heard beat(const char* node, std::uint64_t number) {
    return directory.beat({node, incarnation, 0}, number, now_ms);
  }
  Directory::Heard whole(const char* node, std::uint64_t number,
                         std::vector<std::pair<const char*, UserRecord>> users) {
    const BusHeader from{node, incarnation, 0};
    directory.begin_whole(from, number);
    Directory::Heard heard = directory.whole_part(from, body(number, std::move(users)));
    Directory::Heard end = directory.end_whole(from, number, now_ms);
    end.changes.insert(end.changes.begin(), heard.changes.begin(), heard.changes.end());
    return end;
  }
  static std::string body(std::uint64_t number,
                          std::vector<std::pair<const char*, UserRecord>> users) {
    Records records;
    records.number = number;
    for (auto& [user, record] : users)
      records.records.push_back({"/chat", user, std::move(record)});
    return write_body(records);
  }

  Directory directory;
  std::size_t chat = 0;
  std::uint64_t incarnation = 1;
  std::uint64_t now_ms = 0;
};

TEST_F(Directories, ANewcomerIsAskedForTheWhole) {
  EXPECT_TRUE(beat("n1", 5).ask);
  EXPECT_EQ(directory.doubtful_nodes(), Names{"n1"});
  whole("n1", 5, {{"alice", present("who")}});
  EXPECT_EQ(directory.doubtful_nodes(), Names());
  EXPECT_EQ(directory.users(chat), Names{"alice"});
  EXPECT_FALSE(beat("n1", 5).ask);
  EXPECT_FALSE(changes("n1", 6, {{"bob", present()}}).ask);
  EXPECT_EQ(directory.users(chat), (Names{"alice", "bob"}));
  EXPECT_EQ(directory.connections(chat), 2u);
}

TEST_F(Directories, AGapIsNoticedAndWhatIsKnownStays) {
  beat("n1", 0);
  whole("n1", 0, {{"alice", present()}});
  EXPECT_TRUE(changes("n1", 2, {{"bob", present()}}).ask);
  EXPECT_EQ(directory.users(chat), (Names{"alice", "bob"}));
  EXPECT_EQ(directory.doubtful_nodes(), Names{"n1"});
  EXPECT_EQ(directory.size().gaps, 1u);
  whole("n1", 2, {{"bob", present()}, {"carol", present()}});
  EXPECT_EQ(directory.users(chat), (Names{"bob", "carol"}));
}

TEST_F(Directories, AMissedLastChangeIsNoticedAtTheNextBeat) {
  beat("n1", 0);
  whole("n1", 0, {});
  EXPECT_TRUE(beat("n1", 1).ask);
}

TEST_F(Directories, AWholeThatDoesNotComeIsAskedForAgain) {
  EXPECT_TRUE(beat("n1", 0).ask);
  EXPECT_FALSE(beat("n1", 0).ask);
  now_ms += PeerFeed::kWholeMs;
  EXPECT_TRUE(beat("n1", 0).ask);
}

TEST_F(Directories, AChangeIsNotUndoneByAnOlderWhole) {
  beat("n1", 5);
  // The whole was written at 5, and comes after 6 and 7.
  EXPECT_FALSE(changes("n1", 6, {{"alice", present()}, {"bob", UserRecord()}}).ask);
  changes("n1", 7, {{"carol", present()}});
  whole("n1", 5, {{"bob", present()}});
  EXPECT_EQ(directory.users(chat), (Names{"alice", "carol"}));
  EXPECT_FALSE(changes("n1", 8, {}).ask);
}

TEST_F(Directories, AGapBehindTheWholeIsNoticed) {
  beat("n1", 5);
  changes("n1", 7, {{"carol", present()}});
  EXPECT_TRUE(whole("n1", 5, {}).ask);
}

TEST_F(Directories, AWholeThatNobodyAskedForIsIgnored) {
  whole("n1", 5, {{"alice", present()}});
  EXPECT_EQ(directory.users(chat), Names());
  beat("n1", 5);
  whole("n1", 5, {});
  whole("n1", 9, {{"alice", present()}});
  EXPECT_EQ(directory.users(chat), Names());
}

TEST_F(Directories, ANewIncarnationIsAskedForTheWhole) {
  beat("n1", 5);
  whole("n1", 5, {{"alice", present("who")}, {"bob", present("who")}});
  incarnation = 2;
  EXPECT_TRUE(beat("n1", 0).ask);
  EXPECT_EQ(directory.users(chat), (Names{"alice", "bob"}));
  const auto heard = whole("n1", 0, {{"bob", present("who")}});
  ASSERT_EQ(heard.changes.size(), 1u);
  EXPECT_EQ(heard.changes[0].presence.leaves.count("alice"), 1u);
  EXPECT_EQ(directory.users(chat), Names{"bob"});
}

TEST_F(Directories, AForgottenNodeLeavesPresence) {
  beat("n1", 0);
  whole("n1", 0, {{"alice", present("who")}});
  const auto heard = directory.forget("n1");
  ASSERT_EQ(heard.changes.size(), 1u);
  EXPECT_EQ(heard.changes[0].endpoint, chat);
  EXPECT_EQ(heard.changes[0].presence.room, "who");
  EXPECT_EQ(directory.users(chat), Names());
  EXPECT_EQ(directory.nodes(), Names());
  EXPECT_TRUE(beat("n1", 0).ask);
}

TEST_F(Directories, AnswerForAllNodesTogether) {
  for (const char* node : {"n1", "n2"}) {
    beat(node, 0);
    whole(node, 0, {{"alice", present("who")}, {node, present("who")}});
  }
  EXPECT_EQ(directory.users(chat), (Names{"alice", "n1", "n2"}));
  EXPECT_EQ(directory.devices(chat, "alice"), 2u);
  EXPECT_EQ(directory.room_members(chat, "who"), (Names{"alice", "n1", "n2"}));
  EXPECT_EQ(directory.user_rooms(chat, "alice"), Names{"who"});
  EXPECT_EQ(directory.rooms(chat), Names{"who"});
  EXPECT_EQ(directory.presence(chat, "who").at("alice").size(), 2u);
  EXPECT_EQ(directory.size().users, 4u);

  const auto reach = directory.reach(chat, {"n2", "nobody", "alice"});
  ASSERT_EQ(reach.stops.size(), 2u);
  EXPECT_EQ(reach.stops[0].node, "n1");
  EXPECT_EQ(reach.stops[0].users, (std::vector<std::string_view>{"alice"}));
  EXPECT_EQ(reach.stops[1].users, (std::vector<std::string_view>{"n2", "alice"}));
  EXPECT_EQ(reach.present, (std::vector<bool>{true, false, true}));
}

TEST_F(Directories, WhatIsNotUnderstoodIsAskedForAnew) {
  beat("n1", 0);
  whole("n1", 0, {});
  directory.changes({"n1", incarnation, 0}, "\x01\x05garbage", now_ms);
  EXPECT_TRUE(beat("n1", 1).ask);
}

TEST_F(Directories, OtherEndpointsAreIgnored) {
  beat("n1", 0);
  Records records;
  records.number = 1;
  records.records.push_back({"/elsewhere", "alice", present()});
  directory.changes({"n1", incarnation, 0}, write_body(records), now_ms);
  EXPECT_EQ(directory.users(chat), Names());
  EXPECT_EQ(directory.size().users, 0u);
}

}  // namespace
}  // namespace microframe::cluster
