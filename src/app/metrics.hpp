// What /metrics answers: the site's counts in the Prometheus text format.
#pragma once

#include <string>

namespace microframe::ws {
struct Site;
}

namespace microframe::app {

class Membership;

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Whether the library was built with metrics. Without them /metrics is not found.
bool has_metrics();

// Any thread.
// membership: nullptr where the server is alone.
std::string metrics_text(const ws::Site& site, const Membership* membership);

}  // namespace microframe::app
