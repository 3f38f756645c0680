// Plays the client's part of tests/vectors/*.json against the reference endpoint
// (tests/vectors/README.md).

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <sstream>
#include <string>

#include "support/app_fixture.hpp"
#include "support/keys.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::frame;
using test::from_hex;
using test::RawClient;
using test::Received;
using test::upgrade_request;

// The endpoint that the vectors are about.
class Reference : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const std::string op = text(message, "op");
    if (op == "fail") throw BadMessage("as asked");
    if (op == "reply") socket.reply(message.at("value"));
    if (op == "send") socket.send(message.at("value"));
    if (op == "room") broadcast_to_room(text(message, "room"), message.at("value"));
    if (op == "others") broadcast_to_room(text(message, "room"), message.at("value"), socket);
    if (op == "join") join_room(socket, text(message, "room"));
    if (op == "close") socket.close(static_cast<std::uint16_t>(message.at("code").as_int64()));
    if (op == "ask") {
      asks_.push_back(send_acked(socket, message.at("value"), 10s));
      asks_.back().start([](void*) {}, nullptr);
    }
  }
  void on_binary(ws::WebSocket& socket, const ws::UserId&, std::span<const std::byte> bytes) {
    socket.send_binary(bytes);
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    return room.starts_with("open");
  }

 private:
  std::list<Task<ws::Ack>> asks_;  // one loop
};

// What the names in a vector stand for.
class Names {
 public:
  // Whether `actual` is what `expected` says, names standing for any value at first and for that
  // one then.
  bool match(const Json& expected, const Json& actual) {
    if (const auto* name = name_in(expected)) {
      const auto [entry, is_new] = values_.try_emplace(*name, actual);
      return is_new || entry->second == actual;
    }
    if (expected.is_object() && actual.is_object()) {
      const auto& members = expected.get_object();
      return members.size() == actual.get_object().size() &&
             std::all_of(members.begin(), members.end(), [&](const auto& member) {
               const Json* found = actual.get_object().if_contains(member.key());
               return found && match(member.value(), *found);
             });
    }
    if (expected.is_array() && actual.is_array()) {
      const auto& wanted = expected.get_array();
      const auto& found = actual.get_array();
      return std::equal(wanted.begin(), wanted.end(), found.begin(), found.end(),
                        [&](const Json& one, const Json& other) { return match(one, other); });
    }
    return expected == actual;
  }
  // `value` with what its names stand for.
  Json filled(const Json& value) const {
    if (const auto* name = name_in(value)) return values_.at(*name);
    if (value.is_object()) {
      boost::json::object result;
      for (const auto& [key, member] : value.get_object()) result.emplace(key, filled(member));
      return result;
    }
    return value;
  }
  void set(const std::string& name, Json value) { values_[name] = std::move(value); }

 private:
  static const std::string* name_in(const Json& value) {
    static thread_local std::string name;
    const auto* text = value.if_string();
    if (!text || !text->starts_with('$')) return nullptr;
    name = std::string(text->data(), text->size());
    return &name;
  }
  std::map<std::string, Json> values_;
};

class Vectors : public test::AppTest, public testing::WithParamInterface<std::string> {
 protected:
  struct Peer {
    std::optional<RawClient> client;
    std::string session;
    std::string secret;
  };
  Reference& reference = app.route<Reference>("/ws", auth);
  Names names;
  std::map<std::string, Peer> peers;

  void open(const std::string& user, const Json& how) {
    Peer& peer = peers[user];
    std::string offered = "microframe.v1, token." + token(user);
    if (const Json* received = how.as_object().if_contains("resume")) {
      offered += ", resume." + peer.session + "." + peer.secret + "." +
                 std::to_string(received->as_int64());
    }
    peer.client.emplace(raw());
    peer.client->send(upgrade_request("/ws", "Sec-WebSocket-Protocol: " + offered + "\r\n"));
    const std::string head = peer.client->read_head();
    ASSERT_NE(head.find("101 "), std::string::npos) << head;
    ASSERT_NE(head.find("Sec-WebSocket-Protocol: microframe.v1\r\n"), std::string::npos) << head;
  }
  void expect_text(Peer& peer, const Json& expected) {
    const Received received = peer.client->read_frame();
    ASSERT_EQ(received.first, 0x81U)
        << to_text(expected) << " was to come, not " << received.payload;
    const Json actual = boost::json::parse(received.payload);
    ASSERT_TRUE(names.match(expected, actual))
        << to_text(expected) << " was to come, not " << received.payload;
    if (actual.at("t") != "welcome") return;
    peer.session = text(actual, "session");
    peer.secret = text(actual, "secret");
  }
  void expire(const std::string& user) {
    eventually([&] { return !reference.is_connected(user); });
    reference.disconnect(user);
    eventually([&] { return reference.get_user_rooms(user).empty(); });
  }
  void play(const Json& step) {
    const auto& members = step.as_object();
    const Json* named = members.if_contains("peer");
    const std::string user = named ? std::string(named->as_string()) : "alice";
    Peer& peer = peers[user];
    for (const auto& [key, value] : members) {
      if (key == "open") open(user, value);
      if (key == "server" || key == "server_lost") expect_text(peer, value);
      if (key == "client") peer.client->send_text(to_text(names.filled(value)));
      if (key == "client_text") peer.client->send_text(std::string(value.as_string()));
      if (key == "client_binary")
        peer.client->send(frame(0x82, from_hex(std::string(value.as_string()))));
      if (key == "server_binary") {
        const Received received = peer.client->read_frame();
        ASSERT_EQ(received.first, 0x82U);
        ASSERT_EQ(received.payload, from_hex(std::string(value.as_string())));
      }
      if (key == "server_close") {
        const Received received = peer.client->read_frame();
        ASSERT_TRUE(received.is_close());
        ASSERT_EQ(received.close_code(), static_cast<unsigned>(value.as_int64()));
        peer.client->send_close(received.close_code());
      }
      if (key == "client_close") {
        peer.client->send_close(static_cast<unsigned>(value.as_int64()));
        peer.client->read_close();
      }
      if (key == "lose") peer.client.reset();
      if (key == "expire") expire(user);
    }
  }
};

Json read_vector(const std::string& name) {
  std::ifstream file(std::string(MICROFRAME_VECTORS) + "/" + name + ".json");
  std::stringstream content;
  content << file.rdbuf();
  return boost::json::parse(content.str());
}

std::vector<std::string> vector_names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(MICROFRAME_VECTORS)) {
    if (entry.path().extension() == ".json") found.push_back(entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

INSTANTIATE_TEST_SUITE_P(All, Vectors, testing::ValuesIn(vector_names()),
                         [](const auto& vector) { return vector.param; });

TEST_P(Vectors, TheServerPlaysItsPart) {
  const Json vector = read_vector(GetParam());
  app.rooms("open:kept*", RoomOptions().history(10, std::chrono::minutes(5)));
  app.rooms("open:who*", RoomOptions().presence());
  start(1);
  names.set("$fresh_token", Json(token("alice")));
  for (const Json& step : vector.at("steps").as_array()) {
    SCOPED_TRACE(to_text(step));
    play(step);
    if (HasFatalFailure()) return;
  }
  auto& alice = peers["alice"].client;
  const auto& last = vector.at("steps").as_array().back().as_object();
  const bool closed = last.contains("server_close") || last.contains("client_close");
  EXPECT_TRUE(!alice || closed || alice->silent()) << "more came than the vector says";
}

}  // namespace
}  // namespace microframe
