// Messages that lack a member, or have one of another type: the sender is told so in an error reply, by
// the functions of json.hpp with the member's name, and nothing else happens.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/served.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

// Reads `x` as the message's `as` says; "wait": after a co_await.
class MemberReader : public ws::ChatBase {
 public:
  Task<Json> on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    if (message.as_object().contains("wait")) co_await sleep_for(1ms);
    const std::string as = text(message, "as");
    if (as == "text") co_return Json(text(message, "x"));
    if (as == "string_at") co_return Json(string_at(message, "x"));
    if (as == "number") co_return Json(number<std::uint8_t>(message, "x"));
    if (as == "boolean") co_return Json(boolean(message, "x"));
    if (as == "at") co_return message.at("x");
    if (as == "as_string") co_return Json(message.at("x").as_string());
    if (as == "as_int64") co_return Json(message.at("x").as_int64());
    if (as == "as_bool") co_return Json(message.at("x").as_bool());
    if (as == "element") co_return message.at("x").as_array().at(3);
    throw BadMessage("no such way");
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    const Json allowed{{"tea", true}};
    return allowed.at(room).as_bool();
  }
};

struct BadMember {
  const char* as;
  const char* x;  // as JSON; "" for none
  const char* detail;
};

constexpr BadMember kBadMembers[] = {
    {"text", "", R"("x" must be a string)"},
    {"text", "1", R"("x" must be a string)"},
    {"string_at", "", R"("x" must be a string)"},
    {"string_at", "null", R"("x" must be a string)"},
    {"number", "", R"("x" must be a number, and one that fits)"},
    {"number", R"("5")", R"("x" must be a number, and one that fits)"},
    {"number", "300", R"("x" must be a number, and one that fits)"},
    {"boolean", "", R"("x" must be true or false)"},
    {"boolean", "0", R"("x" must be true or false)"},
    {"at", "", "a member or an element is missing"},
    {"as_string", "", "a member or an element is missing"},
    {"as_string", "5", "not a string"},
    {"as_int64", R"("5")", ""},  // what Boost says of these
    {"as_bool", "5", ""},
    {"element", "[1]", "a member or an element is missing"},
    {"element", "{}", ""},
};

std::string message_of(const BadMember& bad, bool waits) {
  std::string message = std::string(R"({"as":")") + bad.as + "\"";
  if (*bad.x) message += std::string(R"(,"x":)") + bad.x;
  return message + (waits ? R"(,"wait":1})" : "}");
}

class BadMessages : public test::AppTest {
 protected:
  MemberReader& reader = app.route<MemberReader>("/ws", auth);
};

TEST_F(BadMessages, AMissingOrMistypedMemberIsAnErrorReplyToAPlainClient) {
  start(1);
  RawClient alice = client("alice");
  int sent = 0;
  for (const bool waits : {false, true}) {
    for (const BadMember& bad : kBadMembers) {
      alice.send_text(message_of(bad, waits));
      const Json reply = boost::json::parse(alice.read_text());
      EXPECT_EQ(text(reply, "error"), "bad_message") << bad.as << " " << bad.x;
      EXPECT_FALSE(text(reply, "detail").empty());
      if (*bad.detail) {
        EXPECT_EQ(text(reply, "detail"), bad.detail) << bad.as << " " << bad.x;
      }
      ++sent;
    }
  }
  alice.send_text(R"({"as":"number","x":7})");
  EXPECT_EQ(alice.read_text(), "7") << "the connection lives on";
  EXPECT_EQ(test::rejected(app.port(), "bad_message"), sent) << "each is counted";
  EXPECT_EQ(test::rejected(app.port(), "hook_failed"), 0);
}

TEST_F(BadMessages, AMissingOrMistypedMemberIsAnErrorReplyToTheMessageOfASession) {
  start(1);
  V1Client alice(std::make_unique<RawClient>(app.port()), token("alice"));
  for (const bool waits : {false, true}) {
    for (const BadMember& bad : kBadMembers) {
      const Json reply = alice.ask(boost::json::parse(message_of(bad, waits)));
      EXPECT_EQ(text(reply, "t"), "error") << bad.as << " " << bad.x;
      EXPECT_EQ(text(reply, "code"), "bad_message");
      if (*bad.detail) {
        EXPECT_EQ(text(reply, "message"), bad.detail) << bad.as << " " << bad.x;
      }
    }
  }
  EXPECT_EQ(alice.ask({{"as", "number"}, {"x", 7}}).at("data"), Json(7));
  EXPECT_EQ(text(alice.join("milk"), "code"), "bad_message") << "can_join, too";
  EXPECT_EQ(text(alice.join("tea"), "t"), "joined");
}

}  // namespace
}  // namespace microframe
