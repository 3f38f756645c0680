// Limits: everything that grows from a peer's input has one.
#pragma once

#include <chrono>
#include <cstddef>

namespace microframe {

// Per connection unless said otherwise. Set before Application::run; see docs/reference for what
// lies past each.
struct Limits {
  Limits() = default;

  std::chrono::milliseconds tls_handshake_time{5000};  // past it: the connection is dropped
  std::size_t head_bytes_max = 16 * 1024;              // past it: 431
  std::size_t head_fields_max = 100;                   // past it: 431
  std::chrono::milliseconds head_time{5000};           // past it: 408
  std::chrono::milliseconds auth_time{5000};           // waiting for the AuthManager; past it: 503
  std::size_t auth_bytes_max = 64 * 1024;       // frames held while it is waited for; past it: 503
  std::size_t message_bytes_max = 1024 * 1024;  // past it: 1009
  std::size_t fragments_max = 1024;             // of one message; past it: 1008
  std::size_t outbox_bytes_max = 1024 * 1024;  // queued, not yet taken by the kernel; past it: 4408
  double messages_per_second = 100;            // frames of any kind; 0: no limit; past it: 4429
  double messages_burst = 200;                 // how many at once before the rate counts
  std::size_t waiting_bytes_max = 64 * 1024;  // received while a hook waits; past it: reading stops
  std::size_t rooms_per_connection_max = 128;       // past it: JoinResult::too_many_rooms
  std::size_t rooms_max = 1'000'000;                // of an endpoint; likewise
  std::size_t room_name_bytes_max = 255;            // past it: JoinResult::name_invalid
  std::size_t connections_max = 100'000;            // of the process; past it: 503
  std::size_t connections_per_address_max = 1'000;  // of IPv6: per /64; past it: 429
  std::size_t devices_per_user_max = 16;            // past it: 4409 to the oldest
  double handshakes_per_second =
      5'000;                         // of the process; 0: no limit; past it: 503, with TLS dropped
  double handshakes_burst = 10'000;  // how many at once before the rate counts
  std::size_t authentications_max = 1'000;  // AuthManagers asked at once; 0: no limit; past it: 503
  // Resident, of the process; past it new connections get 503. 0: nine tenths of what the cgroup
  // allows, where it has a limit.
  std::size_t memory_bytes_max = 0;
  // How long a session of microframe.v1 waits for its client to come back. 0: none does.
  std::chrono::milliseconds session_ttl{120'000};
  std::size_t session_bytes_max =
      1024 * 1024;  // sent, and not said to be received; past it: the oldest go,
  std::size_t session_frames_max = 4096;  // and the session cannot be resumed without them
  std::size_t sessions_suspended_max =
      100'000;  // of the process, that wait; past it: they end at once
  // Of silence; then the peer is pinged. 0: never.
  std::chrono::milliseconds ping_interval{25000};
  // Of silence after that. Past it: 1006, DisconnectCause::timeout.
  std::chrono::milliseconds pong_time{20000};
  // Without the peer taking a byte of what waits. Past it: 4408.
  std::chrono::milliseconds outbox_time{10000};
  // For the peer's Close. Past it: the connection is dropped.
  std::chrono::milliseconds closing_time{5000};
  // A hook that holds its loop up so long is named in the log; 0: none is.
  std::chrono::milliseconds hook_warning_time{1000};
  // After a signal, /readyz says 503 so long before anyone is closed.
  std::chrono::milliseconds drain_notice{1000};
  // Then, for closing all connections. Past it: they are dropped.
  std::chrono::milliseconds drain_time{10000};
};

}  // namespace microframe
