// Message: the raw form of a WebSocket message, text or binary. A view: it owns nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace microframe::ws {

// What a raw on_message hook receives, and what may be sent where Json does not fit. A Message is
// valid as long as the bytes that it was made from; one that a hook receives is valid until the
// hook (or its coroutine) has ended.
class Message {
 public:
  // A text message; `content` must be UTF-8 (RFC 6455 §5.6).
  static Message text(std::string_view content) {
    return Message{{reinterpret_cast<const std::byte*>(content.data()), content.size()}, false};
  }
  // A binary message.
  static Message binary(std::span<const std::byte> content) { return Message{content, true}; }

  bool is_binary() const { return binary_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view content() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  Message(std::span<const std::byte> content, bool binary) : bytes_(content), binary_(binary) {}

  std::span<const std::byte> bytes_;
  bool binary_;
};

}  // namespace microframe::ws
