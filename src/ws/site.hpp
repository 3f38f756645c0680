// Site: what a server serves: endpoints and pages by path, its limits and its counts. Shared by all loops;
// only the counts change while it serves.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "microframe/limits.hpp"
#include "ws/admission.hpp"
#include "ws/endpoint.hpp"
#include "ws/histogram.hpp"
#include "ws/rejection.hpp"
#include "ws/room_rules.hpp"

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
  explicit Site(const Limits& with)
      : limits(with), admission(with.connections_max, with.connections_per_address_max) {}

  // nullptr where there is none.
  Endpoint* endpoint(std::string_view path) const;
  const Page* page(std::string_view path) const;

  // Counts a rejection and logs it, at most a few lines a second. `detail` holds no token; the log escapes
  // it.
  void reject(Rejection why, std::string_view peer, std::string_view detail);
  std::uint64_t rejected(Rejection why) const { return rejected_[static_cast<std::size_t>(why)]; }

  const Limits limits;
  Admission admission;
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::unordered_map<std::string, Page> pages;
  RoomRules rooms;
  std::atomic<std::uint64_t> next_connection_id{1};
  Histogram round_trips;                      // of pings
  std::atomic<std::uint64_t> shed_frames{0};  // dropped for slow receivers, by the rules of their rooms

 private:
  std::array<std::atomic<std::uint64_t>, kRejections> rejected_{};
};

}  // namespace microframe::ws
