// HttpDate: the time of day as HTTP's fields have it (RFC 9110 §5.6.7), written once a second.
// Threading: one loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace microframe::ws {

class HttpDate {
 public:
  // "Sun, 06 Nov 1994 08:49:37 GMT". now_ms: of the loop's clock, which only says when a second has
  // passed. Good until the next call.
  std::string_view at(std::uint64_t now_ms);

 private:
  std::string text_;
  std::uint64_t written_ms_ = 0;
};

}  // namespace microframe::ws
