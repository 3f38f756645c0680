// ClientOptions: how a Client connects and reconnects. JoinOptions: where a join begins to read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microframe/client/events.hpp"
#include "microframe/compression.hpp"

namespace microframe {

struct ClientOptions {
  ClientOptions() = default;

  // Returns an access token, or "" for none. Called before the first connection, when a token was
  // refused, and before a token expires. The function runs on a thread of its own and may take its
  // time; if it throws, or does not return within token_time, the client calls it again later.
  // Nobody waits for it, so it may still run when the client is gone, and must own what it uses.
  // Empty: the client does not authenticate.
  std::function<std::string()> token;
  std::chrono::milliseconds token_time{30'000};

  // For any WebSocket server, instead of one that speaks microframe.v1: messages are JSON or text
  // as they are, nothing is acknowledged, nothing is sent twice, and there are no rooms. The client
  // still reconnects.
  bool plain = false;
  std::vector<std::string> subprotocols;  // with `plain`: what is offered

  // Whether the client reconnects after it has lost the connection.
  bool reconnect = true;
  // The n-th attempt in a row comes after a random time between 0 and
  // min(backoff_max, backoff_first * 2^n).
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_max{30'000};
  // How long connecting and the handshake may take, and after that the server's welcome. Past this
  // time the attempt has failed.
  std::chrono::milliseconds connect_time{10'000};
  // How long a silent server may take to answer when it is asked whether it is still there. Past
  // this time the connection is lost with 1006. Not with `plain`.
  std::chrono::milliseconds answer_time{10'000};

  // With wss://: a PEM file with the authorities to trust, in place of the system's.
  std::string ca_file;
  // With wss://: accept any certificate. For trying things out.
  bool insecure = false;

  Compression compression;
  std::size_t message_bytes_max = 1024 * 1024;  // from the server; a larger message: 1009
  // Fragments of one message from the server; past this: 1008. nullopt: as many as
  // message_bytes_max has bytes, and at least 65,536.
  std::optional<std::size_t> fragments_max;

  // How many rooms the client keeps in mind, and how many bytes of their names and of who is in
  // them. Past this a join fails with `too_many_rooms`, what the server says of further rooms is an
  // error (Client::on_error), and presence(room) is null.
  std::size_t rooms_max = 10'000;
  std::size_t rooms_bytes_max = std::size_t{16} * 1024 * 1024;

  // How much may wait to be sent or answered, with and without a connection. Past this a message
  // fails with `queue_full`.
  std::size_t queue_messages_max = 10'000;
  std::size_t queue_bytes_max = std::size_t{16} * 1024 * 1024;
  // How fast numbered messages are sent. The default stays within what a server takes by default
  // (Limits::messages_per_second, which counts frames of all kinds). 0: as fast as possible; the
  // server must allow that. Not with `plain`.
  double messages_per_second = 90;
  double messages_burst = 150;  // how many may go at once before the rate counts
};

// Where a join begins to read.
class JoinOptions {
 public:
  JoinOptions() = default;

  // The room's latest messages follow, at most `count` of them. In a room that the client is in
  // already, by the server's doing or its own, those follow that have not come before.
  JoinOptions& last(std::uint64_t count) {
    last_ = count;
    return *this;
  }
  // The messages after `position` follow, if the room still keeps all of them
  // (JoinedRoom::recovered). For a position that an earlier run of the program has stored
  // (Client::position).
  JoinOptions& since(RoomPosition position) {
    since_ = std::move(position);
    return *this;
  }

  std::uint64_t last() const { return last_; }
  const std::optional<RoomPosition>& since() const { return since_; }

 private:
  std::uint64_t last_ = 0;
  std::optional<RoomPosition> since_;
};

}  // namespace microframe
