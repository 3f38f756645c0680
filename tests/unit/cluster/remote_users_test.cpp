#include "cluster/remote_users.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/sanitized.hpp"

namespace microframe::cluster {
namespace {

using Names = std::vector<std::string>;
using hub::Presence;
using hub::UserRecord;

UserRecord in_rooms(const Names& rooms, std::uint32_t present = 1) {
  UserRecord record;
  record.present = record.receiving = present;
  for (const std::string& room : rooms) {
    record.rooms.emplace_back();
    record.rooms.back().room = room;
  }
  return record;
}

UserRecord with_devices(const std::string& room, const std::vector<Presence::Device>& devices) {
  UserRecord record = in_rooms({room});
  record.rooms[0].devices = devices;
  return record;
}

Names members(const RemoteUsers& users, std::string_view room) {
  Names result;
  users.room_members(room, result);
  std::sort(result.begin(), result.end());
  return result;
}

// "room +alice:1{} -alice:2{}"
std::string said(const PresenceChanges& changes) {
  std::string text;
  const auto say = [&](char sign, const Presence::Users& users) {
    for (const auto& [user, devices] : users)
      for (const Presence::Device& device : devices)
        text += std::string(" ") + sign + user + ":" + device.id + to_text(device.meta);
  };
  for (const PresenceChange& change : changes) {
    text += (text.empty() ? "" : "; ") + change.room;
    say('+', change.joins);
    say('-', change.leaves);
  }
  return text;
}

TEST(RemoteUsers, AreFoundByUserAndByRoom) {
  RemoteUsers users;
  users.set("alice", in_rooms({"a", "b"}, 2));
  users.set("bob", in_rooms({"b"}));
  EXPECT_EQ(members(users, "a"), Names{"alice"});
  EXPECT_EQ(members(users, "b"), (Names{"alice", "bob"}));
  EXPECT_EQ(members(users, "c"), Names());
  EXPECT_EQ(users.devices("alice"), 2u);
  EXPECT_EQ(users.devices("carol"), 0u);
  EXPECT_EQ(users.connections(), 3u);
  Names rooms;
  users.user_rooms("alice", rooms);
  EXPECT_EQ(rooms, (Names{"a", "b"}));

  Names all;
  users.rooms(all);
  EXPECT_EQ(all, (Names{"a", "b"}));

  users.set("alice", in_rooms({"b", "c"}));
  EXPECT_EQ(members(users, "a"), Names());
  all.clear();
  users.rooms(all);
  EXPECT_EQ(all, (Names{"b", "c"})) << "nobody is in a any more";
  EXPECT_EQ(members(users, "c"), Names{"alice"});
  EXPECT_EQ(users.connections(), 2u);
  users.set("alice", UserRecord());
  EXPECT_EQ(members(users, "b"), Names{"bob"});
  EXPECT_EQ(users.size(), 1u);
}

TEST(RemoteUsers, WhoseSessionWaitsReceiveAndAreNotPresent) {
  RemoteUsers users;
  UserRecord record = in_rooms({"a"}, 0);
  record.receiving = 1;
  users.set("alice", record);
  EXPECT_TRUE(users.receives("alice"));
  EXPECT_EQ(users.devices("alice"), 0u);
  Names present;
  users.users(present);
  EXPECT_EQ(present, Names());
  EXPECT_EQ(members(users, "a"), Names{"alice"});
}

TEST(RemoteUsers, TellWhatChangesInPresence) {
  const Json away = {{"away", true}};
  RemoteUsers users;
  EXPECT_EQ(said(users.set("alice", with_devices("who", {{"1", boost::json::object()}}))),
            "who +alice:1{}");
  EXPECT_EQ(said(users.set("alice", with_devices("who", {{"1", boost::json::object()}}))), "");
  EXPECT_EQ(said(users.set("alice", with_devices("who", {{"1", away}, {"2", {}}}))),
            "who +alice:1{\"away\":true} +alice:2null");
  EXPECT_EQ(said(users.set("alice", with_devices("who", {{"2", {}}}))),
            "who -alice:1{\"away\":true}");
  EXPECT_EQ(said(users.set("alice", with_devices("other", {{"2", {}}}))),
            "other +alice:2null; who -alice:2null");
  Presence::Users there;
  users.presence("other", there);
  EXPECT_EQ(to_json(there), Json({{"alice", {{{"device", "2"}, {"meta", nullptr}}}}}));
  EXPECT_EQ(said(users.set("alice", UserRecord())), "other -alice:2null");
}

TEST(RemoteUsers, OfWhomTheWholeSaysNothingAreForgotten) {
  RemoteUsers users;
  users.set("alice", with_devices("who", {{"1", {}}}));
  users.set("bob", with_devices("who", {{"2", {}}}));
  users.begin_whole();
  EXPECT_EQ(said(users.set("bob", with_devices("who", {{"2", {}}}))), "");
  users.set("carol", in_rooms({"a"}));
  EXPECT_EQ(users.size(), 3u);
  EXPECT_EQ(said(users.end_whole()), "who -alice:1null");
  EXPECT_EQ(members(users, "who"), Names{"bob"});
  EXPECT_EQ(said(users.clear()), "who -bob:2null");
  EXPECT_EQ(users.size(), 0u);
  EXPECT_EQ(users.connections(), 0u);
}

// Against a plain map, with few names, so that they come, change and go often.
TEST(RemoteUsers, AreWhatAMapWouldHold) {
  std::mt19937 random(7);
  const auto below = [&](unsigned bound) { return random() % bound; };
  for (int round = 0; round < 20; ++round) {
    RemoteUsers users;
    std::map<std::string, Names> model;
    for (int step = 0; step < 2000; ++step) {
      const std::string user = "u" + std::to_string(below(60));
      Names rooms;
      for (unsigned i = 0; i < 10; ++i)
        if (below(4) == 0) rooms.push_back("r" + std::to_string(i));
      const bool gone = below(3) == 0;
      users.set(user, gone ? UserRecord() : in_rooms(rooms));
      if (gone) {
        model.erase(user);
      } else {
        model[user] = rooms;
      }
    }
    EXPECT_EQ(users.size(), model.size());
    for (unsigned i = 0; i < 10; ++i) {
      const std::string room = "r" + std::to_string(i);
      Names expected;
      for (const auto& [user, rooms] : model)
        if (std::find(rooms.begin(), rooms.end(), room) != rooms.end()) expected.push_back(user);
      EXPECT_EQ(members(users, room), expected);
    }
    for (const auto& [user, rooms] : model) {
      Names found;
      users.user_rooms(user, found);
      EXPECT_EQ(found, rooms);
    }
  }
}

std::size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(RemoteUsers, TakeAtMost120BytesEach) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer's heap is larger";
  constexpr std::size_t kUsers = 100'000;
  const std::size_t before = bytes_in_use();
  RemoteUsers users;
  double worst = 0;
  for (std::size_t i = 0; i < kUsers; ++i) {
    const std::string room = "room" + std::to_string(i % 500);
    users.set("user" + std::to_string(i), in_rooms(i % 2 ? Names{"lobby", room} : Names{"lobby"}));
    // Tables have just grown where they are the emptiest.
    if (i > 20'000 && i % 1000 == 0)
      worst =
          std::max(worst, static_cast<double>(bytes_in_use() - before) / static_cast<double>(i));
  }
  const auto each = static_cast<double>(bytes_in_use() - before) / kUsers;
  std::printf("%.1f bytes a user, %.1f at worst, %.1f as counted\n", each, worst,
              static_cast<double>(users.bytes()) / kUsers);
  EXPECT_LE(each, 120);
  EXPECT_LE(worst, 120);
  EXPECT_NEAR(static_cast<double>(users.bytes()) / kUsers, each, each / 5);
}

}  // namespace
}  // namespace microframe::cluster
