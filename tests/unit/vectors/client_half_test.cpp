// The exchanges of tests/vectors, the server's part played to the client's half of microframe.v1.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/vectors.hpp"
#include "unit/vectors/reference_client.hpp"

namespace microframe::vectors {
namespace {

using test::as_string;
using test::from_hex;

class ClientPlayer {
 public:
  void play(const boost::json::array& steps) {
    for (const Json& step : steps) {
      SCOPED_TRACE(to_text(step));
      play(step.get_object());
      if (testing::Test::HasFailure()) return;
    }
    client_.check_end(texts_, binaries_);
  }

 private:
  void play(const boost::json::object& step) {
    if (step.contains("peer") || step.contains("expire") || step.contains("server_lost")) return;
    const auto& [key, value] = *step.begin();
    const std::string name = key;
    if (name == "open") return open(value);
    if (name == "server") return serve(value, !step.contains("untold"));
    if (name == "server_binary") return serve_binary(from_hex(as_string(value)));
    if (name == "client_lost" && value.is_string())
      return expect_binary(from_hex(as_string(value)));
    if (name == "client" || name == "client_lost") return expect(value);
    if (name == "client_binary")
      return expect_binary(test::client_binary(value.is_string() ? value : filled(value)));
    if (name == "do") return client_.ask(filled(value).get_object());
    if (name == "lose" || name == "kill") return client_.lose();
    if (name == "server_close") return client_.lose(static_cast<std::uint16_t>(value.get_int64()));
    if (name == "client_close") return expect_close(static_cast<std::uint16_t>(value.get_int64()));
    FAIL() << "a step that this test does not know";
  }

  void open(const Json& what) {
    std::vector<std::string> expected = {"microframe.v1"};
    if (const Json* count = what.get_object().if_contains("resume"))
      expected.push_back("resume." + as_string(session_) + "." + as_string(secret_) + "." +
                         to_text(*count) + "." + std::to_string(++attempts_));
    EXPECT_EQ(client_.open(), expected);
  }

  // The values that the names of a vector stand for, made up where they are new.
  Json filled(const Json& pattern, std::string_view key = {}) {
    if (const auto* text = pattern.if_string(); text && text->starts_with('$')) {
      const std::string name(*text);
      const std::size_t dot = std::min(name.find('.'), name.size());
      const auto [found, added] = names_.try_emplace(name.substr(0, dot));
      if (added) found->second = any(key, names_.size());
      if (dot != name.size()) return Json(as_string(found->second) + name.substr(dot));
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

  void serve(const Json& pattern, bool told) {
    const Json frame = filled(pattern);
    const std::string type = text(frame, "t");
    if (type == "welcome") {
      if (session_ != frame.at("session")) attempts_ = 0;
      session_ = frame.at("session");
      secret_ = frame.at("secret");
    } else if (told && type == "message") {
      ++texts_;
    }
    client_.receive(to_text(frame));
  }
  void serve_binary(const std::string& frame) {
    ++binaries_;
    client_.receive_binary(frame);
  }

  void expect(const Json& pattern) {
    const Json expected = filled(pattern);
    const std::string frame = client_.next_frame(text(expected, "t") == "received");
    ASSERT_FALSE(frame.empty()) << "no frame was sent";
    EXPECT_EQ(boost::json::parse(frame), expected) << frame;
  }
  void expect_binary(const std::string& expected) {
    EXPECT_EQ(client_.next_frame(false), expected);
  }
  void expect_close(std::uint16_t code) {
    client_.expect_close(code);
    client_.lose(code);
  }

  ReferenceClient client_;
  std::map<std::string, Json> names_;
  Json session_;
  int attempts_ = 0;  // to resume it
  Json secret_;
  std::size_t texts_ = 0;  // messages that were served, and that applications are told
  std::size_t binaries_ = 0;
};

TEST(ClientHalf, SaysWhatTheVectorsSay) {
  int played = 0;
  for (const std::string& name : test::vector_names()) {
    const Json vector = test::read_vector(name);
    if (text_or(vector, "of", "") == "server") continue;
    SCOPED_TRACE(name + ": " + text(vector, "name"));
    ClientPlayer().play(vector.at("steps").as_array());
    ++played;
  }
  EXPECT_GE(played, 20) << "where are tests/vectors/*.json?";
}

}  // namespace
}  // namespace microframe::vectors
