// Which hook holds a loop up, as a watchdog sees it.

#include "guard/hook_watch.hpp"

#include <gtest/gtest.h>

namespace microframe::guard {
namespace {

using namespace std::chrono_literals;

using Kind = HookWatch::Finding::Kind;

TEST(HookWatch, ReportsALongHookOnceAndItsEndOnce) {
  detail::ActivitySign sign;
  HookWatch watch;
  EXPECT_FALSE(watch.look(sign.read(), 0ms, 1s));
  EXPECT_FALSE(watch.look(sign.read(), 5s, 1s)) << "nothing runs";
  {
    const detail::ActivitySign::Scope scope(sign, {"on_message", "/ws"});
    EXPECT_FALSE(watch.look(sign.read(), 6s, 1s));
    EXPECT_FALSE(watch.look(sign.read(), 6999ms, 1s));
    const auto blocks = watch.look(sign.read(), 7s, 1s);
    ASSERT_TRUE(blocks);
    EXPECT_EQ(blocks->kind, Kind::blocks);
    EXPECT_STREQ(blocks->activity.hook, "on_message");
    EXPECT_STREQ(blocks->activity.endpoint, "/ws");
    EXPECT_EQ(blocks->seen, 1s);
    EXPECT_FALSE(watch.look(sign.read(), 60s, 1s)) << "told already";
  }
  const auto ended = watch.look(sign.read(), 61s, 1s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, Kind::ended);
  EXPECT_STREQ(ended->activity.hook, "on_message");
  EXPECT_EQ(ended->seen, 55s);
  EXPECT_FALSE(watch.look(sign.read(), 100s, 1s));
}

TEST(HookWatch, ABusyLoopIsNotTakenForABlockedOne) {
  detail::ActivitySign sign;
  HookWatch watch;
  for (int i = 0; i < 100; ++i) {
    const detail::ActivitySign::Scope scope(sign, {"on_message", "/ws"});
    EXPECT_FALSE(watch.look(sign.read(), i * 1s, 1s));
  }
}

TEST(HookWatch, AHookInsideAnotherDoesNotHideTheOuterOne) {
  detail::ActivitySign sign;
  HookWatch watch;
  const detail::ActivitySign::Scope outer(sign, {"on_message", "/ws"});
  EXPECT_FALSE(watch.look(sign.read(), 0ms, 1s));
  {
    const detail::ActivitySign::Scope inner(sign, {"on_disconnect", "/other"});
    EXPECT_STREQ(sign.read().activity.hook, "on_disconnect");
  }
  const auto blocks = watch.look(sign.read(), 1s, 1s);
  ASSERT_TRUE(blocks);
  EXPECT_STREQ(blocks->activity.hook, "on_message");
}

// A watchdog that looks rarely sees only the last of several hooks.
TEST(HookWatch, ReportsTheEndEvenIfAnotherHookRunsByThen) {
  detail::ActivitySign sign;
  HookWatch watch;
  {
    const detail::ActivitySign::Scope scope(sign, {"on_message", "/ws"});
    EXPECT_FALSE(watch.look(sign.read(), 0ms, 1s));
    EXPECT_TRUE(watch.look(sign.read(), 2s, 1s));
  }
  const detail::ActivitySign::Scope scope(sign, {"on_connect", "/ws"});
  const auto ended = watch.look(sign.read(), 3s, 1s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, Kind::ended);
  EXPECT_STREQ(ended->activity.hook, "on_message");
  EXPECT_FALSE(watch.look(sign.read(), 3999ms, 1s));
  const auto blocks = watch.look(sign.read(), 4s, 1s);
  ASSERT_TRUE(blocks);
  EXPECT_STREQ(blocks->activity.hook, "on_connect");
}

}  // namespace
}  // namespace microframe::guard
