// What a connection makes of bytes, in words, however the bytes are cut.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/connection.hpp"
#include "support/bytes.hpp"

namespace microframe::proto {

// Bytes, and the events that a connection makes of them.
struct EventsCase {
  const char* name;
  std::string input;
  std::vector<std::string> events;
};

inline void PrintTo(const EventsCase& c, std::ostream* out) {
  *out << c.name;
}

// An event in words: "text:hello", "binary:..", "ping:..", "close:1000:bye", "failed:1002".
inline std::string describe(const Event& event) {
  const std::string payload = test::text(event.payload);
  const std::string code = std::to_string(static_cast<unsigned>(event.code));
  switch (event.kind) {
    case Event::Kind::need_more:
      return "";
    case Event::Kind::message:
      return (event.binary ? "binary:" : "text:") + payload;
    case Event::Kind::ping:
      return "ping:" + payload;
    case Event::Kind::pong:
      return "pong:" + payload;
    case Event::Kind::close:
      return "close:" + code + ":" + std::string(event.reason);
    case Event::Kind::failed:
      return "failed:" + code;
  }
  return "?";
}

inline std::vector<std::string> feed(Connection& connection, std::string_view input) {
  std::vector<std::string> events;
  auto owned = test::bytes(input);
  base::MutableBytes in = owned;
  while (true) {
    const Event event = connection.next(in);
    if (event.kind == Event::Kind::need_more) break;
    events.push_back(describe(event));
  }
  EXPECT_TRUE(in.empty());
  return events;
}

// deflate: what permessage-deflate was negotiated with; nullopt for without.
inline std::vector<std::string> run(std::string_view input, ConnectionLimits limits, Role role,
                                    std::vector<std::size_t> cuts,
                                    std::optional<Context> deflate = {}) {
  InflaterPool inflaters(kWindowBitsMax, deflate.value_or(Context::dropped));
  Connection connection(role, limits, deflate ? &inflaters : nullptr);
  std::vector<std::string> events;
  std::size_t from = 0;
  cuts.push_back(input.size());
  for (const std::size_t cut : cuts) {
    const auto more = feed(connection, input.substr(from, cut - from));
    events.insert(events.end(), more.begin(), more.end());
    from = cut;
  }
  return events;
}

// Whole, cut in two at every offset (in three, if that is few), and a byte at a time: the events
// must be the same.
inline void expect_events(std::string_view input, const std::vector<std::string>& expected,
                          ConnectionLimits limits = {}, Role role = Role::server,
                          std::optional<Context> deflate = {}) {
  EXPECT_EQ(run(input, limits, role, {}, deflate), expected);
  std::vector<std::size_t> every;
  const std::size_t step = input.size() > 2000 ? input.size() / 97 : 1;
  for (std::size_t cut = 1; cut < input.size(); cut += step) {
    ASSERT_EQ(run(input, limits, role, {cut}, deflate), expected) << "cut at " << cut;
  }
  if (input.size() > 2000) return;
  for (std::size_t first = 1; input.size() <= 40 && first < input.size(); ++first) {
    for (std::size_t second = first + 1; second < input.size(); ++second) {
      ASSERT_EQ(run(input, limits, role, {first, second}, deflate), expected)
          << "cut at " << first << ", " << second;
    }
  }
  for (std::size_t cut = 1; cut < input.size(); ++cut) every.push_back(cut);
  EXPECT_EQ(run(input, limits, role, every, deflate), expected) << "a byte at a time";
}

}  // namespace microframe::proto
