#include "messages.hpp"

#include <cstring>
#include <iterator>
#include <random>

#include "frame.hpp"

namespace bench {
namespace {

// Low digits come first, so that a message which holds only a part of the mark still differs from
// the one before.
void put_hex(std::uint32_t value, char* out) {
  for (int i = 0; i < 8; ++i, value >>= 4) out[i] = "0123456789abcdef"[value & 0xF];
}

// Members with names and values like those of real messages, such as a chat's.
std::string made_json(std::size_t bytes) {
  constexpr std::string_view kWords[] = {"order", "price",   "hello",  "update",
                                         "room",  "message", "coffee", "market"};
  std::mt19937 random(7692);
  std::string text =
      R"({"mark":"0123456789","type":"chat_message","user_id":"user417","members":[)";
  while (text.size() < bytes) {
    text += R"({"id":)" + std::to_string(random() % 1'000'000) + R"(,"text":")";
    for (int i = 0; i < 4; ++i) text += std::string(kWords[random() % std::size(kWords)]) + ' ';
    text += R"("},)";
  }
  return text;
}

}  // namespace

Mark make_mark(std::uint32_t sender, std::uint32_t number) {
  Mark mark;
  put_hex(number, mark.data());
  put_hex(sender, mark.data() + 8);
  return mark;
}

Messages::Messages(const Options& options)
    : binary_(options.binary), dialect_(options.dialect.get()), payload_(options.bytes, ' ') {
  const std::string json = options.json ? made_json(payload_.size()) : std::string{};
  for (std::size_t i = 0; i < payload_.size(); ++i) {
    payload_[i] = options.json ? json[i] : static_cast<char>(binary_ ? i % 251 : 'a' + i % 26);
  }
  if (dialect_) {
    // The mark needs no escape.
    payload_ =
        payload_.substr(0, marked()) + json_escaped(std::string_view(payload_).substr(marked()));
  }
  frame_ = masked_frame(payload_, opcode());
  head_bytes_ = frame_.size() - payload_.size();
  if (options.deflate) deflate_.emplace();
}

std::string_view Messages::frame(const Mark& mark) {
  if (deflate_ || dialect_) {
    payload_.replace(0, marked(), mark.data(), marked());
    const std::string wrapped = dialect_ ? dialect_->wrap(payload_) : payload_;
    if (!deflate_) return frame_ = masked_frame(wrapped, opcode());
    return frame_ = masked_frame(deflate_->compress(wrapped), opcode(), true);
  }
  for (std::size_t i = 0; i < marked(); ++i) {
    frame_[head_bytes_ + i] =
        static_cast<char>(mark[i] ^ static_cast<char>(kMask[i % kMask.size()]));
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
