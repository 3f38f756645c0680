// What an endpoint says to itself on other nodes (Elsewhere::letter): the kinds of letters, and how each
// begins. No I/O.
#pragma once

#include <cstdint>
#include <string>

#include "base/wire.hpp"

namespace microframe::ws {

enum class Letter : std::uint8_t {
  // Moves
  seek = 1,
  here = 2,
  no = 3,
  fetch = 4,
  taken = 5,
  overtaken = 6,
  moved = 7,
  // Inquiries
  ask = 8,
  answers = 9,
};

// number: of the question that the letter asks or answers, by the node that has asked.
inline std::string write_head(Letter kind, std::uint64_t number) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.byte(static_cast<std::uint8_t>(kind));
  writer.number(number);
  return bytes;
}

// What is behind the head is read by who knows the kind.
struct LetterHead {
  Letter kind;
  std::uint64_t number;
};
inline LetterHead read_head(base::WireReader& reader) {
  const auto kind = static_cast<Letter>(reader.byte());
  return {kind, reader.number()};
}

}  // namespace microframe::ws
