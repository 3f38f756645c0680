// JSON that is parsed without the heap, and what becomes of its copies.

#include "base/json_arena.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/counted_heap.hpp"

namespace microframe::base {
namespace {

constexpr std::string_view kMessage =
    R"({"type":"room_message","room":"a-name-that-fits-no-string-by-itself","tags":["a","b",{"deep":[1,2.5]}]})";

void make_what_is_made_once() {
  std::string why;
  JsonArena().parse("[]", why);
}

TEST(JsonArena, AnOrdinaryMessageAllocatesNothing) {
  std::string why;
  {
    JsonArena().parse(kMessage, why);
  }  // what is made once
  const std::size_t before = test::heap_count().blocks;
  {
    JsonArena arena;
    const auto message = arena.parse(kMessage, why);
    EXPECT_EQ(message->at("tags").as_array().size(), 3U);
  }
  EXPECT_EQ(test::heap_count().blocks, before);
}

TEST(JsonArena, ParsesToTheSameValueAsWithoutAnArena) {
  std::string why;
  for (const std::string_view text : {kMessage, std::string_view("7"), std::string_view("[]")}) {
    JsonArena arena;
    EXPECT_EQ(*arena.parse(text, why), boost::json::parse(text));
  }
  for (const std::string_view text : {"{", "1e999", ""}) {
    JsonArena arena;
    why.clear();
    EXPECT_FALSE(arena.parse(text, why)) << text;
    EXPECT_FALSE(why.empty());
  }
}

TEST(JsonArena, TakesFromTheHeapWhatItHasNoRoomFor) {
  make_what_is_made_once();
  const std::ptrdiff_t before = test::heap_count().live;
  {
    std::string text = "[";
    for (int i = 0; i < 1000; ++i) text += R"("a text that takes room of its own",)";
    text += "0]";
    std::string why;
    JsonArena arena;
    const auto message = arena.parse(text, why);
    ASSERT_EQ(message->as_array().size(), 1001U);
    EXPECT_EQ(message->at(999), "a text that takes room of its own");
  }
  EXPECT_EQ(test::heap_count().live, before);
}

// As applications do without a thought: it goes into a list, is changed, and ends wherever it ends.
TEST(JsonArena, ACopyOutlivesTheArenaAndGoesToOtherThreads) {
  make_what_is_made_once();
  const std::ptrdiff_t before = test::heap_count().live;
  {
    std::vector<Json> kept;
    auto part = std::make_unique<boost::json::object>();
    Json assigned;
    {
      std::string why;
      JsonArena arena;
      const auto message = arena.parse(kMessage, why);
      kept.push_back(*message);
      kept.emplace_back(message->at("tags"));
      *part = message->as_object();
      assigned = message->at("room");
    }
    std::thread([&] {
      std::string why;
      JsonArena other;
      const auto beside = other.parse(kMessage, why);
      EXPECT_EQ(kept[0], *beside);
      EXPECT_EQ(*part, beside->as_object());
      kept[0].as_object()["more"] = *beside;
      kept[1].as_array().push_back(beside->at("tags"));
    }).join();
    EXPECT_EQ(kept[0].at("more").at("type"), "room_message");
    EXPECT_EQ(kept[1].at(3).at(2).at("deep").at(1), 2.5);
    EXPECT_EQ(assigned, "a-name-that-fits-no-string-by-itself");
    std::string why;
    JsonArena another;  // in the place of the first, as like as not
    const auto message = another.parse(kMessage, why);
    kept.clear();
    EXPECT_EQ(message->at("type"), "room_message");
  }
  // The other thread's blocks were counted there.
  EXPECT_LE(test::heap_count().live, before);
}

TEST(JsonArena, ANestedArenaLeavesTheOuterValueAlone) {
  std::string why;
  JsonArena outer;
  auto first = outer.parse(kMessage, why);
  {
    JsonArena inner;
    const auto second = inner.parse(R"({"other":[1,2,3]})", why);
    EXPECT_EQ(second->at("other").as_array().size(), 3U);
    EXPECT_EQ(*first, boost::json::parse(kMessage));
    first.reset();
  }
  EXPECT_EQ(outer.parse(kMessage, why)->at("type"), "room_message");
}

}  // namespace
}  // namespace microframe::base
