// The log: what a line looks like, and where lines go.

#include "base/log.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "microframe/json.hpp"

namespace microframe::base {
namespace {

using std::chrono::system_clock;

const LogField kFields[] = {{"user", "al \"ice\""}, {"bytes", "\xC3\xA9\n"}};
const LogRecord kRecord{LogLevel::warning,
                        system_clock::time_point(std::chrono::milliseconds(1'500)), "broker lost",
                        kFields};

TEST(LogLine, TextHasTimeLevelEventAndFields) {
  EXPECT_EQ(
      to_line(kRecord),
      "1970-01-01T00:00:01.500Z warning broker lost user=\"al \\\"ice\\\"\" bytes=\\xc3\\xa9\\x0a");
}

TEST(LogLine, JsonHasThemAsMembers) {
  const Json line = boost::json::parse(to_line(kRecord, LogFormat::json));
  EXPECT_EQ(line, Json({{"time", "1970-01-01T00:00:01.500Z"},
                        {"level", "warning"},
                        {"event", "broker lost"},
                        {"user", "al \"ice\""},
                        {"bytes", "\xC3\x83\xC2\xA9\n"}}))
      << "each byte that is not ASCII is a character of its own";
}

class LogSinkTest : public testing::Test {
 protected:
  LogSinkTest() {
    log::set_output([this](const LogRecord& record) {
      lines.push_back(std::string(to_string(record.level)) + ' ' + std::string(record.event));
      for (const LogField& field : record.fields) lines.back() += ' ' + std::string(field.value);
      if (throws) throw std::runtime_error("the sink is broken");
    });
  }
  ~LogSinkTest() override {
    log::set_output(LogFormat::text);
    log::set_level(LogLevel::info);
  }

  std::vector<std::string> lines;
  bool throws = false;
};

TEST_F(LogSinkTest, TakesWhatIsOfItsLevel) {
  log::debug("too quiet", {});
  log::info("listening", {{"address", "a b"}});
  log::set_level(LogLevel::debug);
  log::debug("heard", {});
  log::set_level(LogLevel::off);
  log::error("too late", {});
  EXPECT_EQ(lines, (std::vector<std::string>{"info listening a b", "debug heard"}));
}

TEST_F(LogSinkTest, WhatItThrowsIsDropped) {
  throws = true;
  log::info("one", {});
  log::info("two", {});
  EXPECT_EQ(lines, (std::vector<std::string>{"info one", "info two"}));
}

TEST_F(LogSinkTest, IsToldHowManyLinesWereLeftOut) {
  for (int i = 0; i < 30; ++i) log::limited(LogLevel::info, "flood", {{"reason", "x"}});
  EXPECT_GE(lines.size(), 10U);
  EXPECT_LT(lines.size(), 30U);
}

}  // namespace
}  // namespace microframe::base
