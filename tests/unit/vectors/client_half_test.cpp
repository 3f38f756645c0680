// The exchanges of tests/vectors, the server's part played to a ClientSession.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "unit/v1/session_driver.hpp"

namespace microframe::v1 {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

std::string as_string(const Json& value) {
  return {value.get_string().data(), value.get_string().size()};
}

class Player {
 public:
  void play(const boost::json::array& steps) {
    driver_.session.connect(driver_.now_ms);
    for (const Json& step : steps) {
      SCOPED_TRACE(to_text(step));
      play(step.get_object());
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_EQ(driver_.next_sent(), "") << "and no step for it";
    EXPECT_EQ(driver_.settled.size(), driver_.last_ticket) << "each wish comes to one end";
    EXPECT_EQ(driver_.binaries.size(), told_) << "each message is told, once";
  }

 private:
  void play(const boost::json::object& step) {
    if (step.contains("peer") || step.contains("expire") || step.contains("server_lost")) return;
    const auto& [key, value] = *step.begin();
    const std::string name = key;
    if (name == "open") return open(value);
    if (name == "server") return serve(value);
    if (name == "server_binary") return serve_binary(from_hex(as_string(value)));
    if (name == "client" || name == "client_lost") return expect(value);
    if (name == "client_binary") return expect_binary(from_hex(as_string(value)));
    if (name == "do") return ask(value.get_object());
    if (name == "lose") return driver_.lose();
    if (name == "server_close") return driver_.lose(static_cast<std::uint16_t>(value.get_int64()));
    if (name == "client_close") return expect_close(static_cast<std::uint16_t>(value.get_int64()));
    FAIL() << "a step that this test does not know";
  }

  void open(const Json& what) {
    driver_.look();
    if (!driver_.opening) driver_.pass(60'000);
    std::vector<std::string> expected = {"microframe.v1"};
    if (const Json* count = what.get_object().if_contains("resume"))
      expected.push_back("resume." + as_string(session_) + "." + as_string(secret_) + "." +
                         to_text(*count) + "." + std::to_string(++attempts_));
    EXPECT_EQ(driver_.open(), expected);
  }

  // The values that the names of a vector stand for.
  Json filled(const Json& pattern, std::string_view key = {}) {
    if (const auto* text = pattern.if_string(); text && text->starts_with('$')) {
      const auto [found, added] = names_.try_emplace(std::string(*text));
      if (added) found->second = any(key, names_.size());
      return found->second;
    }
    Json result = pattern;
    if (auto* object = result.if_object())
      for (auto& member : *object) member.value() = filled(member.value(), member.key());
    if (auto* array = result.if_array())
      for (Json& one : *array) one = filled(one);
    return result;
  }
  static Json any(std::string_view key, std::size_t number) {
    if (key == "ping_ms") return 25'000;
    const std::set<std::string_view> numbers = {"id", "ttl_ms", "retry_ms", "offset"};
    if (numbers.contains(key)) return 1'000 + number;
    return Json("value" + std::to_string(number));
  }

  void serve(const Json& pattern) {
    const Json frame = filled(pattern);
    const std::string type = text(frame, "t");
    if (type == "welcome") {
      if (session_ != frame.at("session")) attempts_ = 0;
      session_ = frame.at("session");
      secret_ = frame.at("secret");
    } else if (type == "message") {
      ++told_;
    }
    driver_.receive(to_text(frame));
    handle_messages();
  }
  void serve_binary(const std::string& frame) {
    ++told_;
    driver_.receive_binary(frame);
  }

  // As the application of the reference endpoint's clients does.
  void handle_messages() {
    while (!driver_.messages.empty()) {
      const TellMessage message = SessionDriver::take(driver_.messages);
      --told_;
      if (message.id == 0) continue;
      const std::string op = text(message.data, "op");
      if (op == "reply") {
        driver_.session.answer(message, &message.data.at("value"));
      } else if (op == "fail") {
        driver_.session.answer_error(message, "failed", "as asked");
      } else {
        driver_.session.answer(message, nullptr);
      }
    }
  }

  std::string next_frame(bool wants_count) {
    driver_.look();
    for (int i = 0; i < 3; ++i) {
      while (!driver_.sent.empty()) {
        std::string frame = driver_.next_sent();
        if (wants_count || frame.find(R"("t":"received")") == std::string::npos) return frame;
      }
      const auto due = driver_.session.deadline_ms();
      if (!due) break;
      driver_.pass(*due - driver_.now_ms);
    }
    return {};
  }
  void expect(const Json& pattern) {
    const Json expected = filled(pattern);
    const std::string frame = next_frame(text(expected, "t") == "received");
    ASSERT_FALSE(frame.empty()) << "no frame was sent";
    EXPECT_EQ(boost::json::parse(frame), expected) << frame;
  }
  void expect_binary(const std::string& expected) { EXPECT_EQ(next_frame(false), expected); }
  void expect_close(std::uint16_t code) {
    driver_.look();
    ASSERT_TRUE(driver_.closing);
    EXPECT_EQ(driver_.closing->code, code);
    driver_.lose(code);
  }

  void ask(const boost::json::object& what) {
    ClientSession& session = driver_.session;
    if (const Json* data = what.if_contains("send")) driver_.send(to_text(*data));
    if (const Json* data = what.if_contains("post")) session.post(to_text(*data));
    if (const Json* bytes = what.if_contains("send_binary"))
      session.send_binary(++driver_.last_ticket, from_hex(as_string(*bytes)), driver_.now_ms);
    if (const Json* room = what.if_contains("join")) {
      const Json* last = what.if_contains("last");
      driver_.join(as_string(*room), last ? last->to_number<std::uint64_t>() : 0);
    }
    if (const Json* room = what.if_contains("leave")) driver_.leave(as_string(*room));
    if (const Json* token = what.if_contains("refresh"))
      session.refresh(++driver_.last_ticket, as_string(filled(*token)), std::nullopt,
                      driver_.now_ms);
    if (what.contains("close")) session.close(1000, {});
  }

  SessionDriver driver_;
  std::map<std::string, Json> names_;
  Json session_;
  int attempts_ = 0;  // to resume it
  Json secret_;
  std::size_t told_ = 0;
};

TEST(VectorsTest, EachIsPlayedAsItIsWritten) {
  int played = 0;
  for (const auto& file : std::filesystem::directory_iterator(MICROFRAME_VECTORS)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path());
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    const Json vector = boost::json::parse(content);
    if (text_or(vector, "of", "") == "server") continue;
    SCOPED_TRACE(file.path().filename().string() + ": " + text(vector, "name"));
    Player().play(vector.at("steps").as_array());
    ++played;
  }
  EXPECT_GE(played, 20) << "where are tests/vectors/*.json?";
}

}  // namespace
}  // namespace microframe::v1
