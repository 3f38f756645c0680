// ClientAction: what a ClientSession has its driver do, in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "microframe/client/events.hpp"
#include "microframe/json.hpp"

namespace microframe::v1 {

// To the outside.
// Ask the application for a token; the answer is ClientSession::token or token_failed. Asked again
// only after ClientSession::Options::token_ms without an answer.
struct FetchToken {};
// Open a connection; what comes of it is opened or ended.
struct OpenConnection {
  std::string token;
  std::vector<std::string> subprotocols;
};
struct Transmit {
  bool binary = false;
  std::string bytes;
};
// Start the closing handshake; ended follows.
struct CloseConnection {
  std::uint16_t code = 1000;
  std::string reason;
};
// Forget the connection, which does not answer; nothing follows.
struct DropConnection {};

// To the application.
struct Settle {
  std::uint64_t ticket = 0;
  std::string code;  // of the error; "": it went well
  std::string message;
  Json reply;
};
struct TellMessage {
  Json data;
  std::string room;  // "": none
  std::optional<std::uint64_t> offset;
  std::uint64_t id = 0;       // if it must be answered, by ClientSession::answer; else 0
  std::uint64_t session = 0;  // to be given back with the answer
};
struct TellBinary {
  std::string bytes;
  std::string room;
  std::optional<std::uint64_t> offset;
};
// With ClientSession::Options::plain, a text message as it came.
struct TellText {
  std::string text;
};
struct TellPresence {
  std::string room;
  Json joins;
  Json leaves;
};
// For the log: there is no token now; the server could not read a frame of ours, or we not one of
// its.
struct TellProblem {
  std::string code;
  std::string message;
};

using ClientAction =
    std::variant<FetchToken, OpenConnection, Transmit, CloseConnection, DropConnection, Settle,
                 TellMessage, TellBinary, TellText, JoinedRoom, LeftRoom, ByeAdvice, TellPresence,
                 ClientStatus, TellProblem>;

}  // namespace microframe::v1
