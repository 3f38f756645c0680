// Messages for a room, encoded before their place there is certain.

#include "ws/room_seal.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "hub/hub.hpp"
#include "support/fake_loop.hpp"
#include "unit/ws/frame_text.hpp"

namespace microframe::ws {
namespace {

using test::enveloped_of;
using test::plain_of;

// Every room keeps all of its messages.
class Archive final : public hub::Surroundings {
 public:
  hub::RoomPolicy policy(std::string_view) const override {
    hub::RoomPolicy result;
    result.history_max = 10'000;
    result.history_bytes_max = 64 << 20;
    result.history_age = std::chrono::hours(1);
    return result;
  }
  std::uint64_t now_ms() const override { return 0; }
  std::string new_epoch() override { return "epoch"; }
  base::Frame presence_frame(std::string_view, const hub::Presence::Users&,
                             const hub::Presence::Users&) const override {
    return {};
  }
  void user_online(const std::string&) override {}
  void user_offline(const std::string&) override {}
};

// Whatever the width of the number, and whatever the room is called.
TEST(RoomSeal, RenumberedIsAsIfEncodedWithThatOffset) {
  SessionCounts counts;
  const base::Bytes bytes = base::as_bytes("bytes");
  const Json json{{"a", R"(,"offset":1)"}};
  const Message text = Message::text("hi");
  const Message binary = Message::binary(bytes);
  const Content of_json(json);
  const Content of_text(text);
  const Content of_binary(binary);
  for (const char* room : {"r", R"(x,"offset":5,")"}) {
    const RoomPost post{room, {base::Shedding::Rule::oldest, 3}, false};
    const auto check = [&](const hub::Seal& seal) {
      for (const auto& [expected, offset] :
           {std::pair<std::uint64_t, std::uint64_t>{7, 8}, {9, 10}, {99, 100}, {100, 250}}) {
        base::Frame frame = seal.encode(expected);
        seal.renumber(frame, offset);
        const base::Frame wanted = seal.encode(offset);
        EXPECT_EQ(base::as_text(frame.enveloped().bytes()),
                  base::as_text(wanted.enveloped().bytes()));
        EXPECT_EQ(plain_of(frame), plain_of(wanted));
        EXPECT_EQ(frame.plain().shedding().stream, 3U);
      }
    };
    for (const Content* content : {&of_json, &of_text, &of_binary})
      check(RoomSeal(*content, post, counts));
  }
}

TEST(RoomSeal, WithoutSessionsOnlyAKeptMessageIsEnveloped) {
  SessionCounts counts;
  const Json json{{"a", 1}};
  const Content content(json);
  const RoomSeal seal(content, RoomPost{"r", {}, false}, counts);
  EXPECT_FALSE(seal.encode(std::nullopt).enveloped());
  EXPECT_EQ(counts.encoded, 0U);
  EXPECT_EQ(enveloped_of(seal.encode(12)),
            R"({"t":"message","room":"r","offset":12,"data":{"a":1}})");
  EXPECT_EQ(counts.encoded, 1U);
  const RoomSeal wanted(content, RoomPost{"r", {}, true}, counts);
  EXPECT_EQ(enveloped_of(wanted.encode(std::nullopt)),
            R"({"t":"message","room":"r","data":{"a":1}})");
}

// Of two threads that publish at once, one often finds that its number is taken.
TEST(RoomSeal, OffsetsOfTwoThreadsAgreeWithTheBytes) {
  constexpr int kEach = 2'000;
  test::FakeLoop loop;
  Archive archive;
  hub::Hub hub({&loop}, {}, &archive);
  SessionCounts counts;
  const Json json{{"a", 1}};
  const Content message(json);
  const auto publish = [&] {
    const RoomSeal seal(message, RoomPost{"r", {}, true}, counts);
    for (int n = 0; n < kEach; ++n) hub.broadcast_to_room("r", seal, {});
  };
  std::thread other(publish);
  publish();
  other.join();
  const auto kept = hub.history("r", 0, 2 * kEach);
  ASSERT_EQ(kept.size(), 2U * kEach);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    ASSERT_EQ(kept[i].offset, i + 1);
    ASSERT_EQ(enveloped_of(kept[i].frame), R"({"t":"message","room":"r","offset":)" +
                                               std::to_string(i + 1) + R"(,"data":{"a":1}})");
  }
}

}  // namespace
}  // namespace microframe::ws
