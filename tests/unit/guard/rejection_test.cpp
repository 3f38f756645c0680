// Why peers are refused: what each reason is called, and that each is counted for itself.

#include "guard/rejection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace microframe::guard {
namespace {

Rejection reason(std::size_t number) {
  return static_cast<Rejection>(number);
}

TEST(Rejection, EachHasAName) {
  for (std::size_t i = 0; i < kRejections; ++i) EXPECT_FALSE(to_string(reason(i)).empty()) << i;
}

// The names are values of a label in /metrics: nobody's dashboard may break.
TEST(Rejection, EachNameIsAWordOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRejections; ++i) {
    const std::string_view name = to_string(reason(i));
    EXPECT_TRUE(names.insert(name).second) << name << " is used twice";
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || c == '_';
    })) << name;
  }
}

TEST(Rejection, NamesAreThoseOfTheEnumerators) {
  EXPECT_EQ(to_string(Rejection::bad_request), "bad_request");
  EXPECT_EQ(to_string(Rejection::unauthenticated), "unauthenticated");
  EXPECT_EQ(to_string(Rejection::too_slow), "too_slow");
  EXPECT_EQ(to_string(Rejection::tls_failed), "tls_failed");
  EXPECT_EQ(to_string(Rejection::handshake_flood), "handshake_flood");
  EXPECT_EQ(to_string(Rejection::no_proxy), "no_proxy");
  EXPECT_EQ(to_string(Rejection::keys_unavailable), "keys_unavailable");
  EXPECT_EQ(to_string(Rejection::room_name), "room_name");
  EXPECT_EQ(to_string(Rejection::forbidden_room), "forbidden_room");
}

TEST(Rejections, CountEachReasonForItself) {
  Rejections rejections;
  for (std::size_t i = 0; i < kRejections; ++i) {
    for (std::size_t n = 0; n <= i; ++n) rejections.add(reason(i), "192.0.2.1", "detail");
  }
  for (std::size_t i = 0; i < kRejections; ++i) {
    EXPECT_EQ(rejections.count(reason(i)), i + 1) << to_string(reason(i));
  }
}

TEST(Rejections, CountWhatManyThreadsReject) {
  Rejections rejections;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) rejections.add(Rejection::too_slow, "192.0.2.1", "");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(rejections.count(Rejection::too_slow), 4000U);
  EXPECT_EQ(rejections.count(Rejection::replaced), 0U);
}

}  // namespace
}  // namespace microframe::guard
