// Json: the type of every JSON message, and what a hook needs to read one.
// Json is boost::json::value: {{"type", "chat"}, {"text", text}} is an object, and
// message.at("type") reads a member.
#pragma once

#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace microframe {

using Json = boost::json::value;

// Thrown by a hook (or by text() below) for a message that is not what the hook expects. The
// sender gets the error reply {"error": "bad_message", "detail": what()}, and the connection
// stays open.
class BadMessage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads the string member `key` of `message`.
// returns: the member's text, a copy.
// errors:  BadMessage if `message` is not an object, has no such member, or the member is not a
//          string.
std::string text(const Json& message, std::string_view key);

// Reads the string member `key` of `message`.
// returns: the member's text, a copy; `otherwise` where text() would throw.
std::string text_or(const Json& message, std::string_view key, std::string_view otherwise);

// Makes a JSON array of strings: {"members", array_of(get_room_members(room))}.
Json array_of(const std::vector<std::string>& texts);

// Writes `value` as JSON text (RFC 8259), without white space.
std::string to_text(const Json& value);

}  // namespace microframe
