// What a hook reads of a message, and what it throws where that is not there.
#include "microframe/json.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>

namespace microframe {
namespace {

const Json kMessage = {
    {"name", "alice"}, {"age", 7},     {"height", 1.5},
    {"awake", true},   {"debt", -1},   {"many", 300},
    {"none", nullptr}, {"whole", 2.0}, {"most", std::numeric_limits<std::uint64_t>::max()}};

// returns: what BadMessage says.
std::string refused(const std::function<void()>& read) {
  try {
    read();
  } catch (const BadMessage& bad) {
    return bad.what();
  }
  return "nothing is thrown";
}

TEST(JsonMembers, AreReadAsWhatTheyAre) {
  EXPECT_EQ(text(kMessage, "name"), "alice");
  EXPECT_EQ(string_at(kMessage, "name"), "alice");
  EXPECT_EQ(string_at(kMessage, "name").data(), kMessage.at("name").as_string().data());
  EXPECT_EQ(number(kMessage, "age"), 7.0);
  EXPECT_EQ(number<int>(kMessage, "age"), 7);
  EXPECT_EQ(number(kMessage, "height"), 1.5);
  EXPECT_EQ(number<std::int8_t>(kMessage, "debt"), -1);
  EXPECT_EQ(number<int>(kMessage, "whole"), 2);
  EXPECT_EQ(number<std::uint64_t>(kMessage, "most"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(boolean(kMessage, "awake"));
}

TEST(JsonMembers, ThatAreMissingOrOfAnotherTypeAreTheSendersFault) {
  for (const char* key : {"absent", "age", "none"}) {
    const std::string said = "\"" + std::string(key) + "\" must be a string";
    EXPECT_EQ(refused([&] { text(kMessage, key); }), said);
    EXPECT_EQ(refused([&] { string_at(kMessage, key); }), said);
  }
  for (const char* key : {"absent", "name", "none", "awake"}) {
    const std::string said = "\"" + std::string(key) + "\" must be a number, and one that fits";
    EXPECT_EQ(refused([&] { number(kMessage, key); }), said);
  }
  for (const char* key : {"absent", "name", "age", "none"}) {
    const std::string said = "\"" + std::string(key) + "\" must be true or false";
    EXPECT_EQ(refused([&] { boolean(kMessage, key); }), said);
  }
  for (const Json& message : {Json("name"), Json(nullptr), Json({1, 2})})
    EXPECT_EQ(refused([&] { number(message, "age"); }),
              "\"age\" must be a number, and one that fits");
}

TEST(JsonMembers, NumbersThatDoNotFitAreRefused) {
  const auto said = [](const char* key) {
    return "\"" + std::string(key) + "\" must be a number, and one that fits";
  };
  EXPECT_EQ(refused([] { number<int>(kMessage, "height"); }), said("height"));
  EXPECT_EQ(refused([] { number<std::uint8_t>(kMessage, "many"); }), said("many"));
  EXPECT_EQ(refused([] { number<unsigned>(kMessage, "debt"); }), said("debt"));
  EXPECT_EQ(refused([] { number<std::int64_t>(kMessage, "most"); }), said("most"));
}

TEST(JsonMembers, HaveAValueWhereTheyNeedNotBeThere) {
  EXPECT_EQ(text_or(kMessage, "name", "bob"), "alice");
  for (const char* key : {"absent", "age"}) EXPECT_EQ(text_or(kMessage, key, "bob"), "bob");
}

}  // namespace
}  // namespace microframe
