// Frames of the simulated application: each message is a number. What clients with a session are sent
// are words with a space between them:
//
//   m NUMBER OFFSET ROOM            a message; offset 0: of no log; room "": in none
//   v EPOCH OFFSET ROOM             the room's log goes on there
//   p ROOM +USER/DEVICE/META -USER/DEVICE ..   who has come and gone
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/frame.hpp"
#include "hub/presence.hpp"
#include "microframe/json.hpp"
#include "support/buffer.hpp"

namespace microframe::simulation::nodes {

inline std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The next word, which is taken off the text.
inline std::string_view take_word(std::string_view& text, char mark = ' ') {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

inline base::Frame message_frame(std::uint64_t number, std::uint64_t offset,
                                 std::string_view room) {
  const std::string plain = std::to_string(number);
  std::string text = "m " + plain + ' ' + std::to_string(offset) + ' ';
  text += room;
  return base::Frame(test::buffer(plain), test::buffer(text));
}

inline base::Frame moved_frame(std::string_view epoch, std::uint64_t offset,
                               std::string_view room) {
  std::string text = "v ";
  text.append(epoch).append(" ").append(std::to_string(offset)).append(" ").append(room);
  return base::Frame({}, test::buffer(text));
}

// What a device says of itself: a number, 0 at first.
inline std::uint64_t number_of(const Json& meta) {
  const Json* const number = meta.as_object().if_contains("n");
  return number ? number->to_number<std::uint64_t>() : 0;
}

inline base::Frame presence_frame(std::string_view room, const hub::Presence::Users& joins,
                                  const hub::Presence::Users& leaves) {
  std::string text = "p ";
  text += room;
  for (const auto& [user, devices] : joins) {
    for (const auto& device : devices)
      text += " +" + user + '/' + device.id + '/' + std::to_string(number_of(device.meta));
  }
  for (const auto& [user, devices] : leaves) {
    for (const auto& device : devices) text += " -" + user + '/' + device.id;
  }
  return base::Frame({}, test::buffer(text));
}

}  // namespace microframe::simulation::nodes
