#include "messages.hpp"

#include <cstring>

#include "frame.hpp"

namespace bench {
namespace {

// Low digits first: a message that holds only some of the mark still differs from the one before it.
void put_hex(std::uint32_t value, char* out) {
  for (int i = 0; i < 8; ++i, value >>= 4) out[i] = "0123456789abcdef"[value & 0xF];
}

}  // namespace

Mark make_mark(std::uint32_t sender, std::uint32_t number) {
  Mark mark;
  put_hex(number, mark.data());
  put_hex(sender, mark.data() + 8);
  return mark;
}

Messages::Messages(std::size_t bytes, bool binary) : binary_(binary), payload_(bytes, ' ') {
  for (std::size_t i = 0; i < bytes; ++i) payload_[i] = static_cast<char>(binary ? i % 251 : 'a' + i % 26);
  frame_ = masked_frame(payload_, binary ? Opcode::binary : Opcode::text);
  head_bytes_ = frame_.size() - bytes;
}

std::string_view Messages::frame(const Mark& mark) {
  for (std::size_t i = 0; i < marked(); ++i) {
    frame_[head_bytes_ + i] = static_cast<char>(mark[i] ^ static_cast<char>(kMask[i % kMask.size()]));
  }
  return frame_;
}

bool Messages::equal(const Received& received, const Mark& mark) const {
  const std::string_view payload = received.payload;
  return received.binary == binary_ && payload.size() == payload_.size() &&
         std::memcmp(payload.data(), mark.data(), marked()) == 0 &&
         payload.substr(marked()) == std::string_view(payload_).substr(marked());
}

}  // namespace bench
