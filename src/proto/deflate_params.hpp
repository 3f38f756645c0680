// The parameters of permessage-deflate and how both ends agree on them. RFC 7692 §5 and §7.1.
// Window bits of 8 are never agreed on: zlib cannot deflate raw data with a window of 256 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "proto/extension_list.hpp"

namespace microframe::proto {

inline constexpr std::uint8_t kWindowBitsMin = 9;
inline constexpr std::uint8_t kWindowBitsMax = 15;

// What this end wishes for.
struct DeflateSettings {
  // Whether the window may go on from message to message, which costs each connection its state.
  // Without it both ends are held to start each message anew.
  bool context_takeover = false;
  // 9 to 15: the widest that is used, where the peer can be told.
  std::uint8_t window_bits = kWindowBitsMax;
};

// What an answer says, and so what holds for the connection.
struct DeflateParams {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint8_t> server_max_window_bits;
  std::optional<std::uint8_t> client_max_window_bits;

  bool server_takes_over() const { return !server_no_context_takeover; }
  bool client_takes_over() const { return !client_no_context_takeover; }
  std::uint8_t server_window_bits() const {
    return server_max_window_bits.value_or(kWindowBitsMax);
  }
  std::uint8_t client_window_bits() const {
    return client_max_window_bits.value_or(kWindowBitsMax);
  }
  bool operator==(const DeflateParams&) const = default;
};

// The server's answer to a client's offers: to the first that it can accept (§5.1). One with a
// parameter that is unknown, given twice or of a wrong value is declined (§7.1), and the next is
// looked at.
// returns: nullopt where none is acceptable: the connection goes on without compression.
std::optional<DeflateParams> accept_deflate(std::span<const Extension> offers,
                                            const DeflateSettings& settings);

// The value of Sec-WebSocket-Extensions that says `params`.
std::string deflate_answer(const DeflateParams& params);

// The value of Sec-WebSocket-Extensions by which a client offers permessage-deflate.
std::string deflate_offer(const DeflateSettings& settings);

// Checks the server's choice against deflate_offer(settings).
// chosen:  all of the answer's list; an empty one declines.
// returns: what holds; nullopt if it was declined.
// errors: what is wrong, in words: the client then fails the connection (§7.1).
base::Result<std::optional<DeflateParams>, std::string> check_deflate_answer(
    std::span<const Extension> chosen, const DeflateSettings& settings);

}  // namespace microframe::proto
