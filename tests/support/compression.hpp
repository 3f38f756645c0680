// What tests of permessage-deflate say and hear: texts, offers (RFC 7692 §5), compressed frames.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/deflate.hpp"
#include "support/raw_client.hpp"

namespace test {

inline constexpr char kOffer[] = "permessage-deflate";

// A text that compresses, and no shorter than `size`.
inline std::string talk(std::size_t size, std::string_view word = "good morning, ") {
  std::string text;
  while (text.size() < size) text += word;
  return text;
}
inline std::string noise(std::size_t size) {
  std::string bytes;
  for (unsigned x = 12345; bytes.size() < size; x = x * 1664525 + 1013904223)
    bytes += static_cast<char>(x >> 24);
  return bytes;
}

// A handshake with an offer.
// returns: the value of the field that answers the offer, "" for none.
inline std::string offer(RawClient& client, const std::string& target, const std::string& value) {
  client.send(upgrade_request(target, "Sec-WebSocket-Extensions: " + value + "\r\n"));
  const std::string head = client.read_head();
  EXPECT_EQ(head.substr(9, 3), "101");
  constexpr std::string_view kField = "Sec-WebSocket-Extensions: ";
  const std::size_t at = head.find(kField);
  if (at == std::string::npos) return {};
  return head.substr(at + kField.size(), head.find("\r\n", at) - at - kField.size());
}

// What the next frame says, which must be compressed.
inline std::string read_deflated(RawClient& client, int window_bits = 15) {
  const Received received = client.read_frame();
  EXPECT_EQ(received.first & 0xF0, 0xC0U) << received.payload;
  return RawInflate(window_bits).message(received.payload);
}

}  // namespace test
