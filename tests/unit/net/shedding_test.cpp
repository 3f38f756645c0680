// What waits in an outbox makes room by the rules of its streams, and nothing else does.

#include <gtest/gtest.h>
#include <sys/uio.h>

#include <string>

#include "net/outbox.hpp"

namespace microframe::net {
namespace {

using base::SharedBuffer;
using Rule = base::Shedding::Rule;

SharedBuffer frame(std::string_view text, Rule rule = Rule::never, std::uint64_t stream = 0) {
  SharedBuffer made = SharedBuffer::copy(base::as_bytes(text));
  made.set_shedding({rule, stream});
  return made;
}

std::string content(const Outbox& outbox) {
  iovec pieces[16];
  std::size_t offered = 0;
  std::string text;
  for (std::size_t i = 0, n = outbox.gather(pieces, offered); i < n; ++i)
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  EXPECT_EQ(text.size(), outbox.bytes());
  return text;
}

TEST(OutboxShedding, DropsTheOldestFramesOfTheStreamUntilThereIsRoom) {
  Outbox outbox;
  for (const char* text : {"0.", "1.", "2.", "3."}) outbox.push(frame(text, Rule::oldest, 7));
  outbox.push(frame("keep.", Rule::never, 7));
  outbox.push(frame("other.", Rule::oldest, 8));
  EXPECT_EQ(outbox.drop_oldest(7, 3), 2U);
  EXPECT_EQ(content(outbox), "0.3.keep.other.");
  EXPECT_EQ(outbox.drop_oldest(7, 1000), 1U);
  EXPECT_EQ(content(outbox), "0.keep.other.");
}

TEST(OutboxShedding, NeverDropsTheFirstFrame) {
  Outbox outbox;
  outbox.push(frame("begun", Rule::oldest, 7));
  outbox.consume(2);
  outbox.push(frame("next", Rule::superseded, 7));
  EXPECT_EQ(outbox.drop_oldest(7, 1000), 0U);
  EXPECT_EQ(outbox.drop_superseded(7), 1U);
  EXPECT_EQ(content(outbox), "gun");
}

TEST(OutboxShedding, SupersedesOnlyFramesOfTheSameKey) {
  Outbox outbox;
  outbox.push(frame("first."));
  outbox.push(frame("eur1.", Rule::superseded, 1));
  outbox.push(frame("usd1.", Rule::superseded, 2));
  EXPECT_EQ(outbox.drop_superseded(1), 1U);
  outbox.push(frame("eur2.", Rule::superseded, 1));
  EXPECT_EQ(content(outbox), "first.usd1.eur2.");
}

TEST(OutboxShedding, DoesNotCountFramesThatHaveLeft) {
  Outbox outbox;
  for (int i = 0; i < 100; ++i) outbox.push(frame("x", Rule::oldest, 1));
  outbox.consume(60);
  EXPECT_EQ(outbox.drop_oldest(1, 10), 10U);
  EXPECT_EQ(outbox.bytes(), 30U);
  outbox.consume(30);
  EXPECT_TRUE(outbox.empty());
}

}  // namespace
}  // namespace microframe::net
