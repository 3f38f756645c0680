// What /metrics answers: the site's counts in the Prometheus text format.
#pragma once

#include <string>

namespace microframe::ws {
struct Site;
}

namespace microframe::app {

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Any thread.
std::string metrics_text(const ws::Site& site);

}  // namespace microframe::app
