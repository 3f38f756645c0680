// A question that crosses to another node, and what its devices answer.
#include "ws/inquiries.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/fake_loop.hpp"
#include "unit/ws/asked_member.hpp"
#include "unit/ws/post.hpp"
#include "ws/letters.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using Said = std::vector<std::string>;

struct Counter {
  Counter(std::string name, Post::Letters& letters, Notes& kept)
      : post(std::move(name), letters, kept), inquiries(hub, post) {}

  Post post;
  test::FakeLoop loop;
  hub::Hub hub{{&loop}, hub::HubLimits{}, nullptr, nullptr};
  Inquiries inquiries;
};

class InquiriesTest : public testing::Test {
 protected:
  InquiriesTest() {
    one.post.others = {"two"};
    two.post.others = {"one"};
    for (const auto& member : members) two.loop.on([&, &added = *member] { two.hub.add(added); });
  }
  ~InquiriesTest() override {
    for (const auto& member : members)
      two.loop.on([&, &removed = *member] { two.hub.remove(removed); });
  }
  void ask(std::string_view message = R"({"how": 1})", std::string_view user = "alice") {
    one.inquiries.ask("two", user, message, 50ms, [this](Gather<Ack>::Answers&& answers) {
      for (const auto& answer : answers)
        said.push_back(answer->device + " " + std::string(to_string(answer->status)) + " " +
                       to_text(answer->data));
      said.emplace_back("end");
    });
  }
  void deliver() {
    while (!letters.empty()) {
      const auto [from, to, bytes] = std::exchange(letters.front(), {});
      letters.pop_front();
      hear(to == "one" ? one : two, from, bytes);
    }
  }
  static void hear(Counter& counter, std::string_view from, std::string_view bytes) {
    base::WireReader reader(bytes);
    const auto [kind, number] = read_head(reader);
    if (kind == Letter::ask) counter.inquiries.asked(from, number, reader);
    if (kind == Letter::answers) counter.inquiries.answered(number, reader);
  }

  Post::Letters letters;
  Notes kept;
  Counter one{"one", letters, kept};
  Counter two{"two", letters, kept};
  std::vector<base::Ref<AskedMember>> members{base::Ref<AskedMember>(new AskedMember("alice")),
                                              base::Ref<AskedMember>(new AskedMember("alice"))};
  Said said;
};

TEST_F(InquiriesTest, EachDeviceThereIsAskedAndAnswers) {
  ask();
  deliver();
  for (const auto& member : members) EXPECT_EQ(member->asked, R"({"how":1} within 50)");
  members[1]->answer();
  deliver();
  EXPECT_EQ(said, Said{}) << "one is missing";
  members[0]->answer();
  deliver();
  const std::string id = std::to_string(WebSocket(members[0]->handle).id());
  const std::string answer = id + R"( acknowledged "alice")";
  EXPECT_EQ(said, (Said{answer, answer, "end"}));
}

TEST_F(InquiriesTest, ANodeWithoutTheUserAnswersThatNobodyIsThere) {
  ask("1", "bob");
  deliver();
  EXPECT_EQ(said, Said{"end"});
}

TEST_F(InquiriesTest, ADeviceThatCouldNotBeAskedHasNotAnswered) {
  members[1]->at_once = true;
  ask();
  deliver();
  members[0]->drop_question();
  deliver();
  ASSERT_EQ(said.size(), 3U);
  EXPECT_EQ(said[0], " timed_out null");
}

TEST_F(InquiriesTest, ANodeThatDoesNotAnswerIsGivenUp) {
  ask();
  letters.clear();
  ASSERT_EQ(one.post.later.size(), 1U);
  one.post.later[0]();
  EXPECT_EQ(said, (Said{" timed_out null", "end"}));
  one.post.later[0]();
  one.inquiries.end();
  EXPECT_EQ(said.size(), 2U) << "it is told once";
}

TEST_F(InquiriesTest, WhoWaitsAtTheEndIsTold) {
  ask();
  one.inquiries.end();
  EXPECT_EQ(said, (Said{" timed_out null", "end"}));
}

TEST_F(InquiriesTest, PastTheirNumberNobodyIsAsked) {
  for (std::size_t i = 0; i < Inquiries::kMax; ++i) ask();
  EXPECT_EQ(said, Said{});
  letters.clear();
  ask();
  EXPECT_EQ(said, (Said{" timed_out null", "end"}));
  EXPECT_TRUE(letters.empty());
}

TEST_F(InquiriesTest, AMessageMayNestDeeply) {
  members[0]->at_once = members[1]->at_once = true;
  const std::string deep = std::string(900, '[') + std::string(900, ']');
  ask(deep);
  deliver();
  EXPECT_EQ(members[0]->asked, deep + " within 50");
  EXPECT_EQ(said.size(), 3U);
}

TEST_F(InquiriesTest, WhatIsNoLetterIsPassedOver) {
  ask();
  const std::string good = std::get<2>(letters.front());
  letters.clear();
  for (std::size_t size = 0; size < good.size(); ++size) {
    hear(two, "one", std::string_view(good).substr(0, size));
    EXPECT_TRUE(members[0]->asked.empty());
  }
  std::string answers = write_head(Letter::answers, 1);
  base::WireWriter writer(answers);
  writer.number(1'000'000);
  writer.text("device");
  writer.byte(200);
  writer.text("null");
  hear(one, "two", answers);
  EXPECT_EQ(said, Said{"end"});
}

}  // namespace
}  // namespace microframe::ws
