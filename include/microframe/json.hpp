// Json: the type of every JSON message, and what a hook needs to read one.
// Json is boost::json::value: {{"type", "chat"}, {"text", text}} is an object, and
// message.at("type") reads a member.
#pragma once

#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace microframe {

using Json = boost::json::value;

// Thrown by a hook (or by text(), number(), boolean() and string_at() below) for a message that is not
// what the hook expects. The sender gets the error reply {"error": "bad_message", "detail": what()},
// and the connection stays open. A hook that reads the message directly, message.at("x").as_string(),
// gives the same error reply where a member is missing or of another type, but without its name.
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

// The same without a copy.
// returns: good as long as `message` is, and unchanged.
// errors:  BadMessage as text().
std::string_view string_at(const Json& message, std::string_view key);

// Reads the number member `key` of `message` as an integer or a floating-point type.
// errors:  BadMessage if there is no such member, it is no number, or T cannot hold it: 1.5 and 300 are
//          no std::uint8_t, -1 is nothing unsigned, and an integer is a double although digits are lost.
template <class T = double>
T number(const Json& message, std::string_view key);

// Reads the member `key` of `message`, true or false.
// errors:  BadMessage if there is no such member, or it is neither.
bool boolean(const Json& message, std::string_view key);

// Makes a JSON array of strings: {"members", array_of(get_room_members(room))}.
Json array_of(const std::vector<std::string>& texts);

// Writes `value` as JSON text (RFC 8259), without white space.
std::string to_text(const Json& value);

// --- inline and hidden parts ---

namespace detail {
const Json& number_at(const Json& message, std::string_view key);
[[noreturn]] void refuse_number(std::string_view key);
}  // namespace detail

template <class T>
T number(const Json& message, std::string_view key) {
  static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>,
                "microframe: number() reads an integer or a floating-point type");
  const Json& found = detail::number_at(message, key);
  boost::system::error_code error;
  const T value = found.to_number<T>(error);
  if (error) detail::refuse_number(key);
  return value;
}

}  // namespace microframe
