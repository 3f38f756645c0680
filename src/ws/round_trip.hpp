// RoundTrip: the payload of a heartbeat's ping, which tells how long the pong took. Pure: time is an
// argument, in microseconds of one monotonic clock.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.hpp"

namespace microframe::ws {

class RoundTrip {
 public:
  using Payload = std::array<std::byte, sizeof(std::uint64_t)>;

  // returns: the payload of the ping that leaves now.
  Payload begin(std::uint64_t now_us) {
    sent_us_ = now_us;
    return std::bit_cast<Payload>(sent_us_);
  }
  // A pong has come. §5.5.3: it bears the ping's payload; an unsolicited one bears anything.
  // returns: the round trip, if this is the answer to the latest ping, and the first.
  std::optional<std::uint64_t> end(base::Bytes payload, std::uint64_t now_us) {
    std::uint64_t told_us = 0;
    if (sent_us_ == 0 || payload.size() != sizeof told_us) return std::nullopt;
    std::memcpy(&told_us, payload.data(), sizeof told_us);
    if (told_us != sent_us_) return std::nullopt;
    sent_us_ = 0;
    return now_us - told_us;
  }

 private:
  std::uint64_t sent_us_ = 0;  // when the latest ping left; 0: it is answered
};

}  // namespace microframe::ws
