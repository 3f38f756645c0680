// What the streams of a loop share to compress with.
#include "ws/loop_deflate.hpp"

#include <gtest/gtest.h>

#include <string>

#include "proto/frame_header.hpp"
#include "support/compression.hpp"
#include "ws/encode.hpp"
#include "ws/takeover.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;

std::string payload_of(const SharedBuffer& frame) {
  return std::string(base::as_text(frame.content()));
}
bool is_compressed(const SharedBuffer& frame) {
  return (std::to_integer<unsigned>(frame.bytes()[0]) & 0x40U) != 0;
}

class LoopDeflateTest : public testing::Test {
 protected:
  Compression settings;
  LoopDeflate::Counts counts;
  LoopDeflate deflate{settings, counts};
};

TEST_F(LoopDeflateTest, ShortMessagesStayAsTheyAre) {
  const SharedBuffer frame = encode_text(std::string(settings.threshold_bytes - 3, 'x'));
  EXPECT_EQ(deflate.encoding(frame, 15).bytes().data(), frame.bytes().data());
  EXPECT_EQ(counts.sent.plain, 0U);
}

TEST_F(LoopDeflateTest, MessagesThatDoNotGetShorterStayAsTheyAre) {
  const SharedBuffer frame = proto::encode_message(true, base::as_bytes(test::noise(1000)));
  EXPECT_EQ(deflate.encoding(frame, 15).bytes().data(), frame.bytes().data());
}

// The context holds it in any case.
TEST_F(LoopDeflateTest, InAContextMessagesAreCompressedEvenWhereThatMakesThemNoShorter) {
  const SharedBuffer frame = proto::encode_message(true, base::as_bytes(test::noise(1000)));
  proto::Deflater own(deflater_options(settings, 15, proto::Context::kept));
  const SharedBuffer made = deflate.encoding(frame, own);
  ASSERT_TRUE(is_compressed(made));
  EXPECT_EQ(test::RawInflate().message(payload_of(made)), test::noise(1000));
}

TEST_F(LoopDeflateTest, OneCompressedFrameServesAllWithoutAContext) {
  const std::string text = test::talk(1000);
  const SharedBuffer frame = encode_text(text);
  const SharedBuffer first = deflate.encoding(frame, 15);
  ASSERT_TRUE(is_compressed(first));
  EXPECT_EQ(test::RawInflate().message(payload_of(first)), text);
  EXPECT_EQ(deflate.encoding(frame, 15).bytes().data(), first.bytes().data());
  EXPECT_EQ(deflate.encoding(frame, 12).bytes().data(), first.bytes().data())
      << "a message of 1,000 bytes suits the narrower window too";
  EXPECT_EQ(counts.sent.plain, text.size()) << "counted once";
}

// A02: a receiver that asks for a narrow window must not make work of its own.
TEST_F(LoopDeflateTest, A02_PeerWithANarrowWindowGetsALongMessagePlain) {
  const std::string text = test::talk(4000);
  const SharedBuffer frame = encode_text(text);
  ASSERT_TRUE(is_compressed(deflate.encoding(frame, 15)));
  EXPECT_EQ(deflate.encoding(frame, 9).bytes().data(), frame.bytes().data());
  EXPECT_EQ(counts.sent.plain, text.size()) << "compressed once, for those with a wide window";
}

// Whoever inflates it has it in the context of all that follow.
TEST_F(LoopDeflateTest, FrameThatWasCompressedInAContextNeverGivesWay) {
  SharedBuffer frame = encode_text(test::talk(1000));
  frame.set_shedding({base::Shedding::Rule::oldest, 7});
  proto::Deflater own(deflater_options(settings, 15, proto::Context::kept));
  const SharedBuffer made = deflate.encoding(frame, own);
  ASSERT_TRUE(is_compressed(made));
  EXPECT_EQ(made.shedding().rule, base::Shedding::Rule::never);
}

TEST_F(LoopDeflateTest, OwnContextMakesTheSecondOfTwoLikeMessagesShorter) {
  const std::string text = test::talk(300, "some words and ");
  const SharedBuffer frame = encode_text(text);
  proto::Deflater own(deflater_options(settings, 15, proto::Context::kept));
  const SharedBuffer first = deflate.encoding(frame, own);
  const SharedBuffer second = deflate.encoding(frame, own);
  ASSERT_TRUE(is_compressed(second));
  EXPECT_LT(second.size(), first.size());
  test::RawInflate inflate;
  EXPECT_EQ(inflate.message(payload_of(first)), text);
  EXPECT_EQ(inflate.message(payload_of(second)), text);
}

}  // namespace
}  // namespace microframe::ws
