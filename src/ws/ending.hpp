// Ending: how a stream comes to its end, as its owner is told before the peer is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "guard/rejection.hpp"
#include "microframe/ws/disconnect.hpp"
#include "proto/close_code.hpp"

namespace microframe::ws {

struct Ending {
  enum class How : std::uint8_t {
    ours,    // our Close goes out; the peer's is awaited
    peers,   // the peer's Close has come; ours answers it
    failed,  // the peer broke the protocol; our Close goes out and the stream is finished
    moved,   // its client has come by another stream: our Close goes out, and the socket is closed
    lost,    // nobody says anything any more
  };

  DisconnectReason to_reason() const {
    return {cause, static_cast<std::uint16_t>(code), std::string(reason)};
  }

  How how;
  DisconnectCause cause;
  proto::CloseCode code;
  std::string_view reason;  // of the Close; good while the owner is being told
  // What the end counts as among the refusals, and what the log says of it.
  std::optional<guard::Rejection> rejection = std::nullopt;
  std::string_view detail = {};
};

// How streams of this server end.
namespace endings {

inline Ending ours(DisconnectCause cause, proto::CloseCode code, std::string_view reason) {
  return {Ending::How::ours, cause, code, reason};
}
inline Ending by_peer(proto::CloseCode code, std::string_view reason) {
  return {Ending::How::peers, DisconnectCause::peer_closed, code, reason};
}
// The peer broke the protocol, and must be told by this code. rule: which, for the log.
inline Ending broken(proto::CloseCode code, std::string_view rule) {
  const bool too_big = code == proto::CloseCode::message_too_big;
  return {Ending::How::failed,
          DisconnectCause::protocol_error,
          code,
          rule,
          too_big ? guard::Rejection::message_too_big : guard::Rejection::protocol_error,
          rule};
}

inline constexpr Ending kTooSlow{Ending::How::ours,          DisconnectCause::too_slow,
                                 proto::CloseCode::too_slow, "too slow",
                                 guard::Rejection::too_slow, "no progress"};
inline constexpr Ending kOutboxFull{Ending::How::ours,          DisconnectCause::too_slow,
                                    proto::CloseCode::too_slow, "too slow",
                                    guard::Rejection::too_slow, "outbox is full"};
inline constexpr Ending kMessageLate{
    Ending::How::ours, DisconnectCause::too_slow,         proto::CloseCode::too_slow,
    "too slow",        guard::Rejection::message_timeout, "a message does not end"};
inline constexpr Ending kTooMany{
    Ending::How::ours,   DisconnectCause::too_many_messages,  proto::CloseCode::too_many_messages,
    "too many messages", guard::Rejection::too_many_messages, "message rate"};
inline constexpr Ending kExpired{
    Ending::How::ours, DisconnectCause::token_expired,  proto::CloseCode::unauthenticated,
    "token expired",   guard::Rejection::token_expired, "exp has passed"};
inline constexpr Ending kMoved{Ending::How::moved,         DisconnectCause::replaced,
                               proto::CloseCode::replaced, "resumed elsewhere",
                               guard::Rejection::replaced, "the session goes on elsewhere"};
inline constexpr Ending kSilent{Ending::How::lost,
                                DisconnectCause::timeout,
                                proto::CloseCode::abnormal,
                                "",
                                guard::Rejection::heartbeat_timeout,
                                "no answer to a ping"};
inline constexpr Ending kLost{Ending::How::lost, DisconnectCause::connection_lost,
                              proto::CloseCode::abnormal, ""};

}  // namespace endings

}  // namespace microframe::ws
