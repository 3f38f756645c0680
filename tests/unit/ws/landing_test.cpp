// A session on its way: what is held for it at the new node, and what is noted at the old one.
#include "ws/landing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ws/encode.hpp"
#include "ws/watch.hpp"

namespace microframe::ws {
namespace {

base::Frame frame(std::string_view text) {
  return base::Frame(encode_text(std::string(text)));
}

std::vector<std::string> texts(const std::vector<base::Frame>& frames) {
  std::vector<std::string> all;
  for (const base::Frame& one : frames) all.emplace_back(base::as_text(one.plain().content()));
  return all;
}

Landing landing(std::size_t frames_max = 100, std::size_t bytes_max = 10'000) {
  return {Resumption(), Arrival(), {bytes_max, frames_max}};
}

TEST(Landing, WaitsUntilItIsSeatedInAllRooms) {
  Landing lands = landing();
  EXPECT_TRUE(lands.is_seated());
  lands.wait_for("a");
  lands.wait_for("b");
  EXPECT_FALSE(lands.seated("a"));
  EXPECT_FALSE(lands.seated("a")) << "it is no longer waited for";
  EXPECT_FALSE(lands.seated("c"));
  EXPECT_FALSE(lands.is_seated());
  EXPECT_TRUE(lands.seated("b"));
  EXPECT_TRUE(lands.is_seated());
}

TEST(Landing, IsAskedForOnce) {
  Landing lands = landing();
  EXPECT_FALSE(lands.asks());
  EXPECT_TRUE(lands.asks());
}

TEST(Landing, WhatIsHeldAndWasNotToldThereIsToldHere) {
  Landing lands = landing();
  for (const std::uint64_t id : {1U, 2U, 3U, 4U})
    EXPECT_FALSE(lands.lets_through(frame(std::to_string(id)), {id, 0}));
  lands.take_over({2, 1, 7});
  EXPECT_EQ(lands.stage(), Landing::Stage::taking_over);
  EXPECT_FALSE(lands.is_over());
  EXPECT_EQ(texts(lands.pass()), (std::vector<std::string>{"3", "4"}));
  EXPECT_TRUE(lands.is_over());
}

TEST(Landing, WhatWasHeldForAnotherNodesSessionIsInTheNextOnes) {
  Landing lands = landing(2);
  for (const std::uint64_t id : {1U, 2U, 3U}) lands.lets_through(frame("x"), {id, 0});
  EXPECT_FALSE(lands.is_whole());
  lands.look_elsewhere("next");
  EXPECT_EQ(lands.arrival().from.node, "next");
  EXPECT_TRUE(lands.is_whole());
  lands.lets_through(frame("4"), {4, 0});
  lands.take_over({});
  EXPECT_EQ(texts(lands.pass()), std::vector<std::string>{"4"});
}

TEST(Landing, WhatIsStillToComeOfThereIsPassedOverOnce) {
  Landing lands = landing();
  lands.take_over({7});
  lands.pass();
  EXPECT_TRUE(lands.lets_through(frame("6"), {6, 0}));
  EXPECT_FALSE(lands.lets_through(frame("7"), {7, 0}));
  EXPECT_TRUE(lands.lets_through(frame("7"), {7, 0}));
  EXPECT_TRUE(lands.lets_through(frame("of a log"), {0, 7}));
  EXPECT_TRUE(lands.lets_through(frame("of the room"), {}));
}

TEST(Landing, WhatRoomsTellAnewIsNotHeld) {
  Landing lands = landing();
  EXPECT_FALSE(lands.lets_through(frame("of a log"), {0, 1}));
  EXPECT_FALSE(lands.lets_through(frame("who is there"), {}));
  lands.take_over({});
  EXPECT_EQ(texts(lands.pass()), std::vector<std::string>());
}

TEST(Landing, HoldsSoMuchAndNoMore) {
  Landing few = landing(2);
  few.lets_through(frame("1"), {1, 0});
  few.lets_through(frame("2"), {2, 0});
  EXPECT_TRUE(few.is_whole());
  few.lets_through(frame("3"), {3, 0});
  EXPECT_FALSE(few.is_whole());
  Landing small = landing(100, 50);
  small.lets_through(frame(std::string(20, 'x')), {1, 0});
  EXPECT_TRUE(small.is_whole());
  small.lets_through(frame(std::string(40, 'x')), {2, 0});
  EXPECT_FALSE(small.is_whole());
  small.lets_through(frame("x"), {3, 0});
  EXPECT_FALSE(small.is_whole()) << "what was given up does not come back";
}

TEST(Watch, NotesWhatHasAName) {
  Watch watch;
  watch.note({5, 0});
  watch.note({0, 9});
  watch.note({6, 0});
  EXPECT_EQ(watch.heard(), (std::vector<std::uint64_t>{5, 6}));
}

TEST(Watch, IsWholeUpToItsBound) {
  Watch watch;
  for (std::uint64_t id = 1; id < Watch::kMax; ++id) watch.note({id, 0});
  EXPECT_TRUE(watch.is_whole());
  watch.note({Watch::kMax, 0});
  EXPECT_FALSE(watch.is_whole());
  watch.note({1, 0});
  EXPECT_LE(watch.heard().size(), Watch::kMax);
}

TEST(Watch, EndsWithTheLastWhoWatches) {
  Watch watch;
  const auto first = watch.extend();
  const auto second = watch.extend();
  EXPECT_FALSE(watch.ends(first));
  EXPECT_TRUE(watch.ends(second));
}

}  // namespace
}  // namespace microframe::ws
