// The close codes that sessions tell apart (docs/reference/close-codes.md).
#pragma once

#include <cstdint>

namespace microframe::v1::close {

inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kNoCode = 1005;
inline constexpr std::uint16_t kLost = 1006;
inline constexpr std::uint16_t kMessageTooBig = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
inline constexpr std::uint16_t kServiceRestart = 1012;
inline constexpr std::uint16_t kTryAgainLater = 1013;
inline constexpr std::uint16_t kBadGateway = 1014;
inline constexpr std::uint16_t kUnauthenticated = 4401;
inline constexpr std::uint16_t kForbidden = 4403;
inline constexpr std::uint16_t kTooSlow = 4408;
inline constexpr std::uint16_t kReplaced = 4409;
inline constexpr std::uint16_t kTooManyMessages = 4429;

}  // namespace microframe::v1::close
