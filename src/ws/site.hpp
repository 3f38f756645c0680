// Site: what a server serves: endpoints and pages by path, its limits and its counts. Shared by all
// loops; only the counts change while it serves.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/histogram.hpp"
#include "guard/admission.hpp"
#include "guard/proxies.hpp"
#include "guard/rejection.hpp"
#include "guard/revocations.hpp"
#include "guard/takeover_budget.hpp"
#include "keys/key_store.hpp"
#include "microframe/compression.hpp"
#include "microframe/limits.hpp"
#include "net/tls_server.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_deflate.hpp"
#include "ws/room_rules.hpp"
#include "ws/session_counts.hpp"
#include "ws/sessions.hpp"

namespace microframe::ws {

// The answer to GET on a path that is no endpoint.
struct Page {
  std::string content_type;
  // Makes the body, on any loop.
  std::function<std::string()> body;
  // Whether the answer is 200, and not 503; left out: always.
  std::function<bool()> good = {};
};

class Site {
 public:
  // errors: ConfigError for proxies that cannot be.
  Site(const Limits& with, const Compression& compressed, const TrustedProxies& trusted);

  // nullptr where there is none.
  Endpoint* endpoint(std::string_view path) const;
  const Page* page(std::string_view path) const;

  void reject(guard::Rejection why, std::string_view peer, std::string_view detail) {
    rejections.add(why, peer, detail);
  }

  const Limits limits;
  const Compression compression;
  const std::size_t memory_bytes_max;  // the limit's, or the cgroup's; 0: none
  const guard::Proxies proxies;
  guard::Rejections rejections;
  guard::Admission admission;
  guard::TakeoverBudget takeover_budget;
  LoopDeflate::Counts compression_counts;
  guard::Revocations revocations;
  keys::KeyStore keys;
  Sessions sessions;
  SessionCounts session_counts;
  base::Slots key_waits;  // handshakes that wait for keys
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::unordered_map<std::string, Page> pages;
  RoomRules rooms;
  std::unique_ptr<net::TlsServer> tls;  // nullptr: plain connections
  std::atomic<std::uint64_t> next_connection_id{1};
  base::Histogram round_trips;  // of pings
  std::atomic<std::uint64_t> shed_frames{
      0};  // dropped for slow receivers, by the rules of their rooms
  std::atomic<std::uint64_t> blocked_hooks{0};  // hooks that have blocked their loop for too long
};

}  // namespace microframe::ws
