#include "guard/limits.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "guard/memory.hpp"
#include "microframe/config_error.hpp"

namespace microframe::guard {
namespace {

constexpr std::size_t kFragmentsMin = 1024;
constexpr std::size_t kFragmentBytes = 1024;  // as small as a client's fragments need be on average
// What a session's frame is longer by than the message in it: its member names, a room, a number.
constexpr std::size_t kEnvelopeBytes = 1024;

void follow(std::size_t& limit, std::size_t other) {
  if (limit == 0) limit = other;
}

// returns: the product, or the greatest number where that is greater.
std::size_t saturated(std::size_t one, std::size_t other) {
  return other != 0 && one > SIZE_MAX / other ? SIZE_MAX : one * other;
}

void require(bool holds, const std::string& what) {
  if (!holds) throw ConfigError("Limits: " + what);
}

void require_rate(const char* name, double per_second, double burst) {
  require(std::isfinite(per_second) && per_second >= 0 && std::isfinite(burst) && burst >= 0,
          std::string(name) + " and its burst are numbers from 0 on; 0 per second: no limit");
  require(per_second == 0 || burst >= 1,
          std::string(name) + " lets nobody in, because its burst is below 1");
}

// What rooms, or suspended sessions, may keep: a quarter of the process's memory.
std::size_t kept_bytes_max(const Limits& limits) {
  constexpr std::size_t kUsual = std::size_t{256} << 20;
  return limits.memory_bytes_max != 0 ? std::min(limits.memory_bytes_max / 4, kUsual) : kUsual;
}

void check(const Limits& limits) {
  const std::string message = std::to_string(limits.message_bytes_max);
  require(limits.outbox_bytes_max >= limits.message_bytes_max,
          "outbox_bytes_max is less than message_bytes_max, " + message +
              ": a peer would be too slow for one message");
  if (limits.session_ttl.count() > 0) {
    require(limits.session_bytes_max >= limits.message_bytes_max &&
                limits.session_bytes_max - limits.message_bytes_max >= kEnvelopeBytes,
            "session_bytes_max is less than message_bytes_max, " + message + ", and " +
                std::to_string(kEnvelopeBytes) + " more: one message would end every session");
    require(limits.session_frames_max > 0, "session_frames_max is 0: no session could be resumed");
  }
  require_rate("messages_per_second", limits.messages_per_second, limits.messages_burst);
  require_rate("bytes_per_second", limits.bytes_per_second, limits.bytes_burst);
  require_rate("handshakes_per_second", limits.handshakes_per_second, limits.handshakes_burst);
  require_rate("handshakes_per_address_per_second", limits.handshakes_per_address_per_second, 1);
  require_rate("handshakes_per_user_per_second", limits.handshakes_per_user_per_second, 1);
}

}  // namespace

Limits resolve(Limits limits) {
  require(limits.message_bytes_max > 0, "message_bytes_max is 0: no message would be taken");
  const std::size_t two_messages = saturated(limits.message_bytes_max, 2);
  follow(limits.fragments_max, std::max(kFragmentsMin, limits.message_bytes_max / kFragmentBytes));
  follow(limits.outbox_bytes_max, two_messages);
  follow(limits.session_bytes_max, std::max(two_messages, 2 * kEnvelopeBytes));
  if (limits.bytes_burst == 0) limits.bytes_burst = static_cast<double>(two_messages);
  follow(limits.memory_bytes_max, cgroup_bytes_max() / 10 * 9);
  follow(limits.rooms_per_user_max,
         saturated(saturated(limits.rooms_per_connection_max, limits.devices_per_user_max), 2));
  follow(limits.history_bytes_max, kept_bytes_max(limits));
  follow(limits.sessions_bytes_max, kept_bytes_max(limits));
  check(limits);
  return limits;
}

}  // namespace microframe::guard
