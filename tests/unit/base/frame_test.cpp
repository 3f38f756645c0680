#include "base/frame.hpp"

#include <gtest/gtest.h>

#include "support/buffer.hpp"

namespace microframe {
namespace {

using test::buffer;

TEST(Frame, HasTheFormsItWasMadeOf) {
  const base::Frame both(buffer("plain"), buffer("enveloped"));
  EXPECT_EQ(base::as_text(both.plain().bytes()), "plain");
  EXPECT_EQ(base::as_text(both.enveloped().bytes()), "enveloped");
  EXPECT_FALSE(base::Frame(buffer("plain")).enveloped());
  EXPECT_FALSE(base::Frame({}, buffer("enveloped")).plain());
  EXPECT_TRUE(base::Frame({}, buffer("enveloped")));
  EXPECT_FALSE(base::Frame());
}

TEST(Frame, IsAsLargeAsItsLargerForm) {
  EXPECT_EQ(base::Frame().size(), 0U);
  EXPECT_EQ(base::Frame(buffer("12345")).size(), 5U);
  EXPECT_EQ(base::Frame({}, buffer("123456")).size(), 6U);
  EXPECT_EQ(base::Frame(buffer("12345"), buffer("1234567")).size(), 7U);
}

TEST(Frame, OwnCopySharesNoFormWithTheOriginal) {
  const base::Frame made(buffer("plain"), buffer("enveloped"));
  const base::Frame copy = made.own_copy();
  EXPECT_NE(copy.plain().bytes().data(), made.plain().bytes().data());
  EXPECT_NE(copy.enveloped().bytes().data(), made.enveloped().bytes().data());
  EXPECT_EQ(base::as_text(copy.plain().bytes()), "plain");
  EXPECT_EQ(base::as_text(copy.enveloped().bytes()), "enveloped");
  EXPECT_FALSE(base::Frame(buffer("plain")).own_copy().enveloped());
}

TEST(Frame, OnlyThePlainFormIsShed) {
  base::Frame made(buffer("plain"), buffer("enveloped"));
  made.set_shedding({base::Shedding::Rule::oldest, 7});
  EXPECT_EQ(made.plain().shedding().stream, 7U);
  EXPECT_EQ(made.enveloped().shedding().rule, base::Shedding::Rule::never);
  base::Frame({}, buffer("enveloped")).set_shedding({base::Shedding::Rule::oldest, 7});
}

}  // namespace
}  // namespace microframe
