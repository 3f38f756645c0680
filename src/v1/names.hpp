// The names of microframe.v1 that both sides write (docs/protocol.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace microframe::v1 {

inline constexpr std::string_view kSubprotocol = "microframe.v1";

// Numbers in JSON are integers up to this, which every reader holds exactly (RFC 8259 §6).
inline constexpr std::uint64_t kNumberMax = (std::uint64_t{1} << 53) - 1;

// What a client offers in its handshake to go on with a session, as a subprotocol of its own:
// resume.<session>.<secret>.<received>.<attempt>
struct ResumeOffer {
  ResumeOffer() = default;

  std::string session;
  std::string secret;          // never in a log
  std::uint64_t received = 0;  // frames, as docs/protocol.md counts them
  std::uint64_t attempt = 0;   // to resume this session, from 1; 0, unwritten: not counted
};

// returns: nullopt if `subprotocol` is no such offer, or not a well-formed one.
std::optional<ResumeOffer> parse_resume(std::string_view subprotocol);
std::string to_subprotocol(const ResumeOffer& offer);
// Whether `subprotocol` is meant as such an offer, well-formed or not: it is then no protocol of the
// application's.
bool is_resume(std::string_view subprotocol);

// What a message is known by that was first sent in a session which is gone: <session>.<id>
struct Origin {
  std::string_view session;
  std::uint64_t id = 0;  // in that session
};
// Of an origin as it is written: it also stands where a binary frame has a room's name.
inline constexpr std::size_t kOriginBytesMax = 255;

// returns: a view into `text`; nullopt if it is no origin.
std::optional<Origin> parse_origin(std::string_view text);
std::string write_origin(const Origin& origin);

// Errors a frame can be answered with.
inline constexpr std::string_view kInvalidJson = "invalid_json";
inline constexpr std::string_view kBadFrame = "bad_frame";
inline constexpr std::string_view kBadMessage = "bad_message";
inline constexpr std::string_view kNotSupported = "not_supported";
inline constexpr std::string_view kForbidden = "forbidden";
inline constexpr std::string_view kRoomNameInvalid = "room_name_invalid";
inline constexpr std::string_view kTooManyRooms = "too_many_rooms";
inline constexpr std::string_view kNotInRoom = "not_in_room";
inline constexpr std::string_view kBadToken = "bad_token";
inline constexpr std::string_view kFailed = "failed";
inline constexpr std::string_view kUnavailable = "unavailable";
// The client's own: the frame is longer than the server takes.
inline constexpr std::string_view kTooLong = "too_long";

}  // namespace microframe::v1
