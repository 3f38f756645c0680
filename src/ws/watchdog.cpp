#include "ws/watchdog.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/log.hpp"
#include "guard/memory.hpp"
#include "ws/site.hpp"

namespace microframe::ws {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The nearer the limit, the more often: a crowd on loopback fills 100 MiB in a tenth of a second.
constexpr milliseconds kMemoryPeriod{100};
constexpr milliseconds kNearMemoryPeriod{10};
constexpr std::chrono::seconds kGiveBackPeriod{1};
// So much may lie freed.
constexpr std::chrono::seconds kFreedPeriod{5};
constexpr std::size_t kFreedMin = std::size_t{4} << 20;

// A hook that is over its time is seen so at most half of that late.
milliseconds hook_period(milliseconds warning) {
  constexpr milliseconds kLongest{1000};
  return warning.count() > 0 ? std::clamp(warning / 2, milliseconds{5}, kLongest) : kLongest;
}

std::string in_seconds(milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(time.count()) / 1000);
  return text;
}

}  // namespace

Watchdog::Watchdog(Site& site, const std::vector<const detail::ActivitySign*>& loops)
    : site_(site), period_(hook_period(site.settings.limits.hook_warning_time)) {
  if (site.settings.limits.memory_bytes_max != 0) period_ = std::min(period_, look_at_memory());
  for (const detail::ActivitySign* sign : loops) loops_.push_back({sign, {}});
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!ends_.wait_for(lock, period_, [this] { return ending_; })) {
    lock.unlock();
    if (site_.settings.limits.hook_warning_time.count() > 0) look_at_hooks();
    period_ = hook_period(site_.settings.limits.hook_warning_time);
    if (site_.settings.limits.memory_bytes_max != 0) period_ = std::min(period_, look_at_memory());
    look_at_freed_memory();
    lock.lock();
  }
}

void Watchdog::look_at_hooks() {
  const auto now = std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
  for (Watched& loop : loops_) {
    const auto found =
        loop.watch.look(loop.sign->read(), now, site_.settings.limits.hook_warning_time);
    if (!found) continue;
    const bool blocks = found->kind == guard::HookWatch::Finding::Kind::blocks;
    if (blocks) site_.counts.blocked_hooks.fetch_add(1, std::memory_order_relaxed);
    base::log::warn(blocks ? "hook blocks its loop" : "hook no longer blocks its loop",
                    {{"endpoint", found->activity.endpoint},
                     {"hook", found->activity.hook},
                     {"seconds", in_seconds(found->seen)},
                     {"advice", blocks ? "co_await offload(..) what is slow" : "-"}});
  }
}

// What a crowd or an attack has left behind is not kept for ever.
void Watchdog::look_at_freed_memory() {
  const auto now = steady_clock::now();
  if (now - looked_at_freed_ < kFreedPeriod) return;
  looked_at_freed_ = now;
  const std::size_t freed = guard::freed_bytes();
  if (freed >= kFreedMin && freed >= guard::resident_bytes() / 4) guard::give_freed_memory_back();
}

// returns: when to look again.
milliseconds Watchdog::look_at_memory() {
  std::size_t bytes = guard::resident_bytes();
  // What is kept for those who come back goes before anybody is turned away.
  for (base::ByteBudget* kept : {&site_.registries.histories, &site_.registries.suspended_bytes}) {
    if (bytes / 7 * 8 < site_.settings.limits.memory_bytes_max || kept->bytes() == 0) continue;
    kept->shed_to(kept->bytes() / 2);
    guard::give_freed_memory_back();
    bytes = guard::resident_bytes();
  }
  const bool full = bytes >= site_.settings.limits.memory_bytes_max;
  site_.registries.admission.shed(full);
  if (full != std::exchange(memory_full_, full)) {
    base::log::warn(
        full ? "memory is full: new connections are refused" : "memory is no longer full",
        {{"resident_bytes", std::to_string(bytes)},
         {"memory_bytes_max", std::to_string(site_.settings.limits.memory_bytes_max)}});
  }
  // What connections that are gone have freed may still be malloc's, and then nobody would ever be
  // let in.
  if (full && steady_clock::now() - given_back_ >= kGiveBackPeriod) {
    guard::give_freed_memory_back();
    given_back_ = steady_clock::now();
  }
  return bytes / 3 * 4 >= site_.settings.limits.memory_bytes_max ? kNearMemoryPeriod
                                                                 : kMemoryPeriod;
}

}  // namespace microframe::ws
