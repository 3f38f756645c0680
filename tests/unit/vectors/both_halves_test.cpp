// The exchanges of tests/vectors, with nobody scripted: the client's half of microframe.v1 against
// the server's. The vector says what each must send next, and which frames are lost on the way.
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unit/vectors/reference_client.hpp"
#include "unit/vectors/server_player.hpp"

namespace microframe::vectors {
namespace {

constexpr char kClient[] = "alice";

class Duet {
 public:
  void play(const boost::json::object& step) {
    if (step.contains("peer")) return server_.play(step);
    const auto& [key, value] = *step.begin();
    const std::string name = key;
    if (name == "open") return open(value);
    if (name == "server") return deliver(value, !step.contains("untold"));
    if (name == "server_binary") return deliver_binary(value);
    if (name == "client") return server_.send(kClient, expect(value));
    if (name == "client_binary") return server_.send_binary(kClient, expect_binary(value));
    if (name == "client_lost")
      return void(value.is_string() ? expect_binary(value) : expect(value));
    if (name == "do") return client_.ask(server_.names.filled(value).get_object());
    if (name == "client_close") client_.expect_close(value.to_number<std::uint16_t>());
    server_.play(kClient, name, value);
    if (name == "lose" || name == "kill") client_.lose();
    if (name == "server_close" || name == "client_close")
      client_.lose(value.to_number<std::uint16_t>());
  }
  void check_end() {
    client_.check_end(texts_, binaries_);
    EXPECT_EQ(server_.rest(), "") << "and no step for it";
  }

 private:
  void open(const Json& how) {
    const std::vector<std::string> expected = server_.offers(kClient, how);
    EXPECT_EQ(client_.open(), expected);
    server_.open(kClient, expected);
  }
  void deliver(const Json& expected, bool told) {
    const std::string frame = server_.expect_text(kClient, expected);
    if (told && text(expected, "t") == "message") ++texts_;
    client_.receive(frame);
  }
  void deliver_binary(const Json& expected) {
    const std::string frame = test::from_hex(test::as_string(expected));
    server_.expect(kClient, ServerPlayer::Kind::binary, frame);
    ++binaries_;
    client_.receive_binary(frame);
  }
  std::string expect(const Json& pattern) {
    const std::string frame = next_frame(text(pattern, "t") == "received");
    if (frame.empty() || !server_.names.match(pattern, boost::json::parse(frame)))
      ADD_FAILURE() << "\"" << frame << "\" was sent";
    return frame;
  }
  std::string expect_binary(const Json& expected) {
    const std::string frame = next_frame(false);
    EXPECT_EQ(frame, server_.client_binary(expected));
    return frame;
  }
  // What the client reports beside the vector's frames arrives, too.
  std::string next_frame(bool wants_count) {
    std::string frame = client_.next_frame(wants_count);
    for (const std::string& report : client_.reports()) server_.send(kClient, report);
    client_.reports().clear();
    return frame;
  }

  ServerPlayer server_;
  ReferenceClient client_;
  std::size_t texts_ = 0;  // messages that were delivered, and that applications are told
  std::size_t binaries_ = 0;
};

// Those that show what our clients do.
std::vector<std::string> vectors_of_clients() {
  std::vector<std::string> names = test::vector_names();
  std::erase_if(names, [](const std::string& name) {
    return text_or(test::read_vector(name), "of", "") == "server";
  });
  return names;
}

class BothHalves : public testing::TestWithParam<std::string> {};

TEST_P(BothHalves, SayToEachOtherWhatTheVectorSays) {
  const Json vector = test::read_vector(GetParam());
  Duet duet;
  for (const Json& step : vector.at("steps").as_array()) {
    SCOPED_TRACE(to_text(step));
    duet.play(step.as_object());
    if (HasFailure()) return;
  }
  duet.check_end();
}

INSTANTIATE_TEST_SUITE_P(Vectors, BothHalves, testing::ValuesIn(vectors_of_clients()),
                         [](const auto& vector) { return vector.param; });

}  // namespace
}  // namespace microframe::vectors
