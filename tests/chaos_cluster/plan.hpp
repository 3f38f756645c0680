// Plan: what befalls the nodes and the Redis of a run, one action after the other, all chosen by a
// seed. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chaos_cluster {

struct Action {
  enum class Kind : std::uint8_t {
    kill_node,    // SIGKILL, and started again
    stop_node,    // SIGSTOP, and later SIGCONT
    end_node,     // SIGTERM, and started again once it has ended
    kill_redis,   // SIGKILL, and started again
    stop_redis,   // SIGSTOP, and later SIGCONT
    hold_node,    // nothing comes between it and Redis, as if the wire were out
    cut_node,     // its connections to Redis break, once
    drop_subs,    // Redis drops all subscriptions, once
    cut_members,  // the connections of all clients break, once; the sessions are still there
  };
  static constexpr std::size_t kKinds = 9;

  Kind kind = Kind::kill_node;
  std::size_t node = 0;
  bool renamed = false;                // the node comes back under another name
  std::chrono::milliseconds lasts{0};  // until it is undone
  std::chrono::milliseconds pause{0};  // until the next
};

const char* name_of(Action::Kind kind);

std::vector<Action> plan(std::uint64_t seed, std::size_t actions, std::size_t nodes);

}  // namespace chaos_cluster
