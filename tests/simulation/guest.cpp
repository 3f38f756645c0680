#include "simulation/guest.hpp"

#include <charconv>

#include "simulation/shadow.hpp"

namespace microframe::simulation {
namespace {

std::string_view take_field(std::string_view& text) {
  const std::size_t bar = text.find('|');
  const std::string_view field = text.substr(0, bar);
  text.remove_prefix(bar == std::string_view::npos ? text.size() : bar + 1);
  return field;
}

unsigned take_number(std::string_view& text) {
  const std::string_view field = take_field(text);
  unsigned number = 0;
  std::from_chars(field.data(), field.data() + field.size(), number);
  return number;
}

}  // namespace

std::string to_text(const Note& note, std::string_view padding) {
  std::string text(1, static_cast<char>(note.kind));
  text += '|';
  text += std::to_string(note.sender) + '|' + std::to_string(note.number) + '|';
  text += note.target;
  text += '|';
  text += note.left_out;
  text += '|' + std::to_string(note.left_out_device) + '|';
  text += padding;
  return text;
}

Note parse_note(std::string_view text) {
  Note note;
  note.kind = static_cast<Note::Kind>(take_field(text).front());
  note.sender = take_number(text);
  note.number = take_number(text);
  note.target = take_field(text);
  note.left_out = take_field(text);
  note.left_out_device = take_number(text);
  return note;
}

void Guest::deliver(const base::Frame& frame) {
  const std::string_view text = base::as_text(frame.plain().content());
  if (shadow_.delivered(*this, parse_note(text))) received(frame.plain(), text);
}

}  // namespace microframe::simulation
