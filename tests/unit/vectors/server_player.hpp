// ServerPlayer: plays the client's part of a vector to the reference endpoint, and looks at what
// the endpoint sends.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "microframe/json.hpp"
#include "support/bytes.hpp"
#include "support/vectors.hpp"
#include "unit/vectors/reference.hpp"
#include "v1/names.hpp"

namespace microframe::vectors {

class ServerPlayer {
 public:
  using Kind = Connection::Kind;

  ServerPlayer() { names.set("$fresh_token", Json(Device::good_token("alice"))); }

  test::Names names;

  void play(const boost::json::object& step) {
    const Json* named = step.if_contains("peer");
    const std::string user = named ? test::as_string(*named) : "alice";
    for (const auto& [key, value] : step) play(user, key, value);
  }
  // One member of a step.
  void play(const std::string& user, std::string_view name, const Json& value) {
    if (name == "open") {
      open(user, offers(user, value));
    } else if (name == "server" || name == "server_lost") {
      expect_text(user, value);
    } else if (name == "server_binary") {
      expect(user, Kind::binary, test::from_hex(test::as_string(value)));
    } else if (name == "server_close") {
      expect(user, Kind::close, to_text(value));
    } else if (name == "client") {
      send(user, to_text(names.filled(value)));
    } else if (name == "client_text") {
      send(user, test::as_string(value));
    } else if (name == "client_binary") {
      send_binary(user, client_binary(value));
    } else if (name == "client_close") {
      reference_.close(*peers_[user].connection, value.to_number<std::uint16_t>());
      expect(user, Kind::close, to_text(value));
    } else if (name == "lose") {
      reference_.lose(*peers_[user].connection);
    } else if (name == "kill") {
      reference_.kill();
    } else if (name == "expire") {
      reference_.expire(user);
    }
  }

  // What a client offers that resumes as `how` says.
  std::vector<std::string> offers(const std::string& user, const Json& how) {
    std::vector<std::string> offered = {std::string(v1::kSubprotocol)};
    if (const Json* received = how.as_object().if_contains("resume")) {
      v1::ResumeOffer& last = peers_[user].last;
      last.received = received->to_number<std::uint64_t>();
      ++last.attempt;
      offered.push_back(v1::to_subprotocol(last));
    }
    return offered;
  }
  void open(const std::string& user, const std::vector<std::string>& offered) {
    peers_[user].connection = reference_.open(user, offered);
  }
  void send(const std::string& user, std::string_view frame) {
    reference_.text(*peers_[user].connection, frame);
  }
  // The bytes of a client_binary step.
  std::string client_binary(const Json& value) const {
    return test::client_binary(value.is_string() ? value : names.filled(value));
  }
  void send_binary(const std::string& user, std::string_view frame) {
    reference_.binary(*peers_[user].connection, base::as_bytes(frame));
  }
  // returns: the text frame that was sent, which is what `expected` says; "" if it is not.
  std::string expect_text(const std::string& user, const Json& expected) {
    const std::string frame = next(user, Kind::text);
    if (frame.empty()) return {};
    const Json actual = boost::json::parse(frame);
    if (!names.match(expected, actual)) {
      ADD_FAILURE() << frame << " was sent";
      return {};
    }
    if (actual.at("t") == "welcome") note_welcome(peers_[user], actual);
    return frame;
  }
  void expect(const std::string& user, Kind kind, const std::string& payload) {
    EXPECT_EQ(next(user, kind), payload);
  }
  // What was sent and no step has looked at.
  std::string rest() const {
    std::string all;
    for (const auto& [user, peer] : peers_) {
      for (const auto& frame : peer.connection->frames) all += user + ": " + frame.payload + "\n";
    }
    return all;
  }

 private:
  struct Peer {
    std::shared_ptr<Connection> connection;
    v1::ResumeOffer last;  // what resumes its last session
  };

  std::string next(const std::string& user, Kind kind) {
    auto& frames = peers_[user].connection->frames;
    if (frames.empty()) {
      ADD_FAILURE() << "nothing was sent";
      return {};
    }
    const Connection::Frame frame = frames.front();
    frames.pop_front();
    EXPECT_EQ(frame.kind, kind) << frame.payload;
    return frame.payload;
  }
  static void note_welcome(Peer& peer, const Json& welcome) {
    const std::string session = text(welcome, "session");
    if (session != peer.last.session) peer.last.attempt = 0;
    peer.last.session = session;
    peer.last.secret = text(welcome, "secret");
  }

  Reference reference_;
  std::map<std::string, Peer> peers_;
};

}  // namespace microframe::vectors
