// Registries: who and what a server knows of while it serves: places taken, keys, sessions,
// revoked tokens. Shared by all loops. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/byte_budget.hpp"
#include "base/slots.hpp"
#include "guard/admission.hpp"
#include "guard/revocations.hpp"
#include "guard/takeover_budget.hpp"
#include "keys/key_store.hpp"
#include "microframe/compression.hpp"
#include "microframe/limits.hpp"
#include "ws/random_name.hpp"
#include "ws/sessions.hpp"

namespace microframe::ws {

struct Registries {
  // limits: resolved.
  Registries(const Limits& limits, const Compression& compression)
      : admission(limits),
        takeover_budget(compression.takeover_bytes_max),
        histories(limits.history_bytes_max),
        sessions(limits.sessions_suspended_max),
        suspended_bytes(limits.sessions_bytes_max),
        key_waits(limits.authentications_max) {}

  // In a cluster, so that the nodes' numbers differ. They keep to 15 digits, which a std::string holds
  // without memory of its own.
  void begin_connection_ids_at_random() {
    constexpr std::uint64_t kFirstMax = 900'000'000'000'000;
    next_connection_id = 1 + random_number() % kFirstMax;
  }
  // returns: a number that no other connection has, of this process, and all but certainly of any
  // other node.
  std::uint64_t new_connection_id() {
    return next_connection_id.fetch_add(1, std::memory_order_relaxed);
  }

  guard::Admission admission;
  guard::TakeoverBudget takeover_budget;
  base::ByteBudget histories;  // of all endpoints
  guard::Revocations revocations;
  keys::KeyStore keys;
  Sessions sessions;
  base::ByteBudget suspended_bytes;  // what suspended sessions keep for their clients
  base::Slots key_waits;             // handshakes that wait for keys
  std::atomic<std::uint64_t> next_connection_id{1};
};

}  // namespace microframe::ws
