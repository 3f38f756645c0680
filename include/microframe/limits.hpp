// Limits: whatever grows from a peer's input has one.
#pragma once

#include <chrono>
#include <cstddef>

namespace microframe {

// Each limit is per connection unless its comment says otherwise. Set the limits before
// Application::run. docs/reference/close-codes.md lists what happens past each.
struct Limits {
  Limits() = default;

  std::chrono::milliseconds tls_handshake_time{5000};  // past it: the connection is dropped
  std::size_t head_bytes_max = 16 * 1024;              // past it: 431
  std::size_t head_fields_max = 100;                   // past it: 431
  std::chrono::milliseconds head_time{5000};           // past it: 408
  std::size_t body_bytes_max = 1024 * 1024;            // of a request; past it: 413
  std::chrono::milliseconds body_time{30'000};         // for all of it; past it: 408
  // How long a connection may wait for its next request. Past it: the connection is closed.
  std::chrono::milliseconds idle_time{60'000};
  std::chrono::milliseconds auth_time{5000};    // for the AuthManager's answer; past it: 503
  std::size_t auth_bytes_max = 64 * 1024;       // frames held until that answer; past it: 503
  std::size_t message_bytes_max = 1024 * 1024;  // past it: 1009
  // Of one message; past it: 1008. 0: one for each KiB of message_bytes_max, but 1,024 at least.
  std::size_t fragments_max = 0;
  // From a message's first byte to its last, while the peer is read. Past it: 4408.
  std::chrono::milliseconds message_time{60'000};
  // Queued, and not yet taken by the kernel. Past it: 4408 to a peer that takes nothing; one that
  // takes some may be owed a burst (bytes_burst) more. 0: twice message_bytes_max.
  std::size_t outbox_bytes_max = 0;
  // Frames of any kind, but for those that answer ours. Past the burst the peer is read no faster
  // than the rate. 0: no limit.
  double messages_per_second = 100;
  double messages_burst = 200;  // how many at once before the rate counts
  // How long a peer may send faster than that, while it is read no faster. Past it: 4429.
  std::chrono::milliseconds overrun_time{5000};
  // Work that the connections of a user make on one loop, in bytes: of their messages once they are
  // inflated, and of what they ask for. Past the burst they are read no faster than the rate. 0: no
  // limit.
  double bytes_per_second = 4.0 * 1024 * 1024;
  double bytes_burst = 0;                      // 0: twice message_bytes_max
  std::size_t waiting_bytes_max = 64 * 1024;   // held while a hook waits; past it: reading stops
  std::size_t rooms_per_connection_max = 128;  // past it: JoinResult::too_many_rooms
  // Of the messages that all rooms keep. Past it: the rooms that were written to longest ago lose
  // theirs. 0: a quarter of memory_bytes_max, but no more than 256 MiB.
  std::size_t history_bytes_max = 0;
  std::size_t rooms_max = 1'000'000;  // of an endpoint; past it: too_many_rooms
  // Rooms of an endpoint that a user was the first in, as long as there is anybody or anything in
  // them. Past it: the same result. 0: twice as many as all devices of a user can be in.
  std::size_t rooms_per_user_max = 0;
  std::size_t room_name_bytes_max = 255;  // past it: JoinResult::name_invalid
  // Of the process; past it: 503. 0, or more than the limit of open files leaves: what that leaves.
  std::size_t connections_max = 100'000;
  std::size_t connections_per_address_max = 1'000;  // per /64 of IPv6; past it: 429
  std::size_t devices_per_user_max = 16;            // past it: 4409 to the oldest
  // Of the process. 0: no limit. Past it: 503; with TLS, the connection is dropped.
  double handshakes_per_second = 5'000;
  double handshakes_burst = 10'000;  // how many at once before the rate counts
  // Of an address, behind twice as many at once as it may have connections. Each further request on a
  // connection counts as a handshake. Past it: 429; with TLS, a new connection is dropped. 0, or no
  // limit of its connections: no limit.
  double handshakes_per_address_per_second = 100;
  // Of a user with a good token, behind twice as many at once as it may have devices. Past it: 429.
  // 0: no limit.
  double handshakes_per_user_per_second = 2;
  std::size_t authentications_max = 1'000;  // AuthManagers asked at once; 0: no limit; past it: 503
  // Resident memory of the process. Past it, new connections get 503. 0: nine tenths of the
  // cgroup's memory limit, if it has one.
  std::size_t memory_bytes_max = 0;
  // How long a session of microframe.v1 waits for its client to come back. 0: it does not wait.
  std::chrono::milliseconds session_ttl{120'000};
  // Sent to a session, but not confirmed by its client. Past either limit the oldest frames are
  // dropped, and a session that needs them again cannot be resumed.
  std::size_t session_bytes_max = 0;  // 0: twice message_bytes_max
  std::size_t session_frames_max = 4096;
  // Suspended sessions of the process. Past it: a session ends with its connection.
  std::size_t sessions_suspended_max = 100'000;
  // What all suspended sessions keep. Past it: those suspended longest ago end. 0: a quarter of
  // memory_bytes_max, but no more than 256 MiB.
  std::size_t sessions_bytes_max = 0;
  // Ping a peer that has been silent for this long. 0: never.
  std::chrono::milliseconds ping_interval{25000};
  // How long a pinged peer may stay silent. Past it: 1006, DisconnectCause::timeout.
  std::chrono::milliseconds pong_time{20000};
  // How long a peer may take no byte of what is queued for it. Past it: 4408.
  std::chrono::milliseconds outbox_time{10000};
  // How long to wait for the peer's Close. Past it: the connection is dropped.
  std::chrono::milliseconds closing_time{5000};
  // A hook that blocks its loop for this long is named in the log. 0: no hook is.
  std::chrono::milliseconds hook_warning_time{1000};
  // After a signal, how long /readyz answers 503 before any connection is closed.
  std::chrono::milliseconds drain_notice{1000};
  // How long closing all connections may take after that. Past it: the rest are dropped.
  std::chrono::milliseconds drain_time{10000};
};

}  // namespace microframe
