// LoopContext: what everything served on one loop works with. Threading: made and destroyed while the
// loop stands still; then its loop's, but for what says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/to_ms.hpp"
#include "hub/loop_port.hpp"
#include "net/loop.hpp"
#include "ws/counts.hpp"
#include "ws/http_date.hpp"
#include "ws/loop_deflate.hpp"
#include "ws/registries.hpp"
#include "ws/roster.hpp"
#include "ws/settings.hpp"
#include "ws/site.hpp"
#include "ws/stream_owner.hpp"
#include "ws/turn_queue.hpp"

namespace microframe::ws {

class HttpConnection;

struct LoopContext final : hub::LoopPort {
  // index: of the loop among the site's. Loop and site outlive the context.
  LoopContext(net::Loop& its_loop, std::size_t its_index, Site& site)
      : loop(its_loop),
        index(its_index),
        settings(site.settings),
        registries(site.registries),
        counts(site.counts),
        deflate(site.settings.compression, site.counts.streams.compression),
        streams{its_loop,
                site.settings.limits,
                site.settings.compression,
                deflate,
                site.counts.streams,
                long_turns,
                site.counts.streams.traffic.add()},
        roster(its_loop),
        turns(its_loop, long_turns) {}

  // hub::LoopPort. Any thread, but for after().
  bool is_current() const override { return loop.is_current(); }
  void post(std::function<void()> task) override { loop.post(std::move(task)); }
  void post_behind(std::function<void()> task) override { loop.post_behind(std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    loop.after(delay, std::move(task));
  }
  // Runs `task` at once if the caller is on this loop, else posts it. Any thread.
  void run(std::function<void()> task) {
    if (is_current()) {
      task();
    } else {
      post(std::move(task));
    }
  }
  // returns: the moment after `delay`, on the loop's clock.
  std::uint64_t in_ms(std::chrono::milliseconds delay) const {
    return loop.now_ms() + base::to_ms(delay);
  }
  const Limits& limits() const { return settings.limits; }

  net::Loop& loop;
  const std::size_t index;
  const Settings& settings;
  Registries& registries;  // any thread
  Counts& counts;          // any thread
  LoopDeflate deflate;
  LongTurns long_turns;
  WorkBudgets work_budgets;
  const StreamContext streams;
  // Those past a limit of connections whose requests are read to be told so, oldest first; they are
  // on the roster.
  std::vector<HttpConnection*> refused;
  HttpDate date;
  Roster roster;
  TurnQueue turns;
  // Guards which Identity each device of the loop has. Held for moments, from any thread.
  std::mutex identities;
};

}  // namespace microframe::ws
