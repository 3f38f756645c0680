// What may be given where something is sent, and what becomes of it.
#include "microframe/ws/content.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

namespace microframe::ws {
namespace {

// As a function that sends takes it.
std::string said(const Content& content) {
  if (content.message())
    return (content.message()->is_binary() ? "binary " : "text ") +
           std::string(content.message()->content());
  return to_text(*content.json());
}

TEST(Content, IsWhateverMakesAMessage) {
  const Json json = {{"n", 1}};
  EXPECT_EQ(said(json), R"({"n":1})");
  EXPECT_EQ(said(Json(5)), "5");
  EXPECT_EQ(said({{"type", "chat"}, {"of", {1, 2}}}), R"({"type":"chat","of":[1,2]})");
  EXPECT_EQ(said({{"n", 1}}), R"({"n":1})");
  EXPECT_EQ(said({1, "two", nullptr}), R"([1,"two",null])");
  EXPECT_EQ(said(boost::json::object{{"n", 1}}), R"({"n":1})");
  EXPECT_EQ(said(boost::json::array{1}), "[1]");
  EXPECT_EQ(said("a text"), R"("a text")");
  EXPECT_EQ(said(std::string("a text")), R"("a text")");
  EXPECT_EQ(said(1.5), "1.5E0");
  EXPECT_EQ(said(true), "true");
  EXPECT_EQ(said(nullptr), "null");
  EXPECT_EQ(said(Message::text("hi")), "text hi");
  EXPECT_EQ(said(Message::binary(std::as_bytes(std::span("xyz", 3)))), "binary xyz");
}

TEST(Content, CopiesNothing) {
  const Json json = {{"n", 1}};
  const Content content(json);
  EXPECT_EQ(content.json(), &json);
  EXPECT_EQ(content.message(), nullptr);
}

}  // namespace
}  // namespace microframe::ws
