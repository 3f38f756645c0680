// What is told of frames that cannot be read: their type and id, from whatever comes.
#include "v1/salvage.hpp"

#include <gtest/gtest.h>

#include <string>

#include "v1/client_frame.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

TEST(SalvageOfAFrame, D27_FindsTypeAndIdBeforeTheFault) {
  struct Case {
    std::string_view text;
    std::string_view type;
    std::uint64_t id;
  };
  const std::string deep = R"({"t":"message","id":7,"data":)" + std::string(100, '[');
  const Case cases[] = {
      {R"({"t":"message","id":7,"data":"\ud83d"})", "message", 7},
      {R"( { "id" : 7 , "t" : "join" , )", "join", 7},
      {deep, "message", 7},
      {R"({"data":{"id":1,"t":"no"},"t":"ack","id":2,)", "ack", 2},
      {R"({"data":"\"id\":9","id":3)", "", 3},
      {R"({"data":[{"a":"}"}],"id":3})", "", 3},
      {R"({"id":-1,"t":"x"})", "x", 0},
      {R"({"id":1.5,"t":"x"})", "x", 0},
      {R"({"id":9007199254740992})", "", 0},
      {R"({"id":"7"})", "", 0},
      {R"({"t":5,"id":3})", "", 0},
      {R"(["id",7])", "", 0},
      {R"({"id)", "", 0},
      {R"({"id":)", "", 0},
      {"}}}}", "", 0},
      {R"({"a":]]]]}},"id":3})", "", 0},
      {"", "", 0},
  };
  for (const Case& one : cases) {
    const Salvage found = salvage(one.text);
    EXPECT_EQ(found.id, one.id) << one.text;
    EXPECT_EQ(found.type, one.type) << one.text;
  }
}

TEST(SalvageOfAFrame, D27_FrameThatIsNoJsonIsRefusedByItsId) {
  const auto refused = parse_client_frame(R"({"t":"message","id":7,"data":"\ud83d"})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, kInvalidJson);
  EXPECT_EQ(refused.error().id, 7U);
  EXPECT_TRUE(refused.error().is_numbered);
  const auto answer = parse_client_frame(R"({"t":"ack","id":7,"data":"\ud83d"})");
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().is_numbered) << "the id is the server's";
}

}  // namespace
}  // namespace microframe::v1
