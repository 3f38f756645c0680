// Seal: makes the frame of a message for a room, which may say where in the room the message
// stands. Threading: the publishing thread; used until the call that publishes returns.
#pragma once

#include <cstdint>
#include <optional>

#include "base/frame.hpp"

namespace microframe::hub {

class Seal {
 public:
  // The message as members of the room are sent it. Called without a lock, once per room that the
  // message is published to.
  // offset: the one that the room is expected to give the message; nullopt in a room that keeps no
  //         messages.
  virtual base::Frame encode(std::optional<std::uint64_t> offset) const = 0;
  // The plain form alone, for other nodes.
  virtual base::Frame encode_plain() const { return encode(std::nullopt); }
  // Corrects the offset in what encode() returned, because another message came between. Called
  // under the order's lock of the room; nobody else has seen the frame.
  virtual void renumber(base::Frame& frame, std::uint64_t offset) const = 0;

 protected:
  ~Seal() = default;
};

}  // namespace microframe::hub
