// ClientOptions: how a Client connects and how it keeps at it.
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

  // Gives an access token, or "" for none. Asked before the first connection, when a token was
  // refused, and before one expires. It runs on a worker thread and may take its time; where it
  // throws, it is asked again later. It may still run when the client is gone: it owns what it
  // uses. None: nobody is authenticated.
  std::function<std::string()> token;

  // Any WebSocket server, instead of one that speaks microframe.v1: messages are JSON or text as
  // they are, nothing is acknowledged, nothing sent twice, there are no rooms. It still comes back.
  bool plain = false;
  std::vector<std::string> subprotocols;  // with `plain`: what is offered

  // Whether it comes back after a lost connection.
  bool reconnect = true;
  // The n-th attempt in a row comes after a random time between 0 and min(backoff_max,
  // backoff_first * 2^n).
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_max{30'000};
  // For a connection with its handshake, and then for the server's welcome; past it the attempt has
  // failed.
  std::chrono::milliseconds connect_time{10'000};
  // Of silence, after a server that was silent has been asked whether it is there. Past it: 1006.
  // Not with `plain`.
  std::chrono::milliseconds answer_time{10'000};

  // With wss://: PEM of who vouches for the server, in place of whom the system trusts.
  std::string ca_file;
  // With wss://: takes any certificate, anybody's. For trying things out.
  bool insecure = false;

  Compression compression;
  std::size_t message_bytes_max = 1024 * 1024;  // from the server; past it: 1009

  // What waits to be sent or answered, at most; past it a message fails with `queue_full`.
  std::size_t queue_messages_max = 10'000;
  std::size_t queue_bytes_max = std::size_t{16} * 1024 * 1024;
  // How fast numbered messages are sent, within what a server takes by default
  // (Limits::messages_per_second counts frames of all kinds). 0: as fast as can be; the server must
  // allow that. Not with `plain`.
  double messages_per_second = 90;
  double messages_burst = 150;  // how many at once before the rate counts
};

// Where a join begins to read.
class JoinOptions {
 public:
  JoinOptions() = default;

  // The room's latest messages follow, `count` of them at most.
  JoinOptions& last(std::uint64_t count) {
    last_ = count;
    return *this;
  }
  // What came after that follows, if all of it is still there (JoinedRoom::recovered): for a
  // position that an earlier life of this program has kept (Client::position).
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
