// Counts: what a node counts since its start, for metrics. Threading: any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace microframe::cluster {

struct Counts {
  using Count = std::atomic<std::uint64_t>;

  Count messages_in{0};     // from other nodes, and out of logs
  Count not_understood{0};  // of another version, or damaged
  Count no_memory{0};       // what came, and could not be taken
  Count log_gaps{0};        // found in logs, and healed
  Count log_forks{0};       // found in logs, which got a new epoch
  Count log_losses{0};      // jumps over what a log no longer had
  Count nodes_lost{0};      // that have died
  Count interruptions{0};   // of the subscriptions
  Count broker_losses{0};   // the broker had lost what it kept
  Count lag_ms{0};          // of the last probe, there and back
};

}  // namespace microframe::cluster
