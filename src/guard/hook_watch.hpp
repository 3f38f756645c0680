// HookWatch: which hook holds a loop up, and for how long, found out by repeated looks at what the
// loop shows. Time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "microframe/detail/activity.hpp"

namespace microframe::guard {

class HookWatch {
 public:
  struct Finding {
    enum class Kind : std::uint8_t { blocks, ended };
    Kind kind;
    detail::Activity activity;
    std::chrono::milliseconds seen;  // how long it ran; it began at most one look earlier
  };

  // Looks at the loop's sign at `now`.
  // returns: `blocks`, once, for a run that has been seen for `limit`; `ended`, once, when such a
  // run is no longer seen.
  std::optional<Finding> look(const detail::ActivitySign::Reading& reading,
                              std::chrono::milliseconds now, std::chrono::milliseconds limit) {
    if (reading.run == last_.run) {
      if (reading.run == 0 || told_ || now - since_ < limit) return std::nullopt;
      told_ = true;
      return Finding{Finding::Kind::blocks, reading.activity, now - since_};
    }
    const Finding ended{Finding::Kind::ended, last_.activity, now - since_};
    const bool was_told = std::exchange(told_, false);
    last_ = reading;
    since_ = now;
    return was_told ? std::optional(ended) : std::nullopt;
  }

 private:
  detail::ActivitySign::Reading last_;
  std::chrono::milliseconds since_{0};
  bool told_ = false;
};

}  // namespace microframe::guard
