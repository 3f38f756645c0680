#include "ws/encode.hpp"

#include <gtest/gtest.h>

#include <boost/json/string.hpp>
#include <string>

#include "support/counted_heap.hpp"

namespace microframe::ws {
namespace {

TEST(Encode, JsonIsItsTextHoweverLong) {
  // Around what is written at once, the quotes included.
  for (const std::size_t size : {0, 10, 4093, 4094, 4095, 4096, 100'000}) {
    const Json message(std::string(size, 'x'));
    EXPECT_EQ(base::as_text(encode(message).bytes()),
              base::as_text(encode(Message::text('"' + std::string(size, 'x') + '"')).bytes()))
        << size;
  }
}

TEST(Encode, AnOrdinaryMessageIsOneAllocation) {
  const Json message{{"type", "chat"}, {"text", "hello there"}, {"list", {1, 2.5, true}}};
  const std::size_t before = test::heap_count().blocks;
  const base::SharedBuffer frame = encode(message);
  EXPECT_EQ(test::heap_count().blocks - before, 1U);
}

}  // namespace
}  // namespace microframe::ws
