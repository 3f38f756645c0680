// In place of metrics.cpp, where the library is built without metrics.
#include "app/metrics.hpp"

namespace microframe::app {

bool has_metrics() {
  return false;
}

std::string metrics_text(const ws::Site&, const Membership*) {
  return {};
}

}  // namespace microframe::app
