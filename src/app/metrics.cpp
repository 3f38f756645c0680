#include "app/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <vector>

#include "hub/hub.hpp"
#include "ws/site.hpp"

namespace microframe::app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric labelled(const char* name, std::string_view value) {
  ClientMetric metric;
  metric.label.push_back({name, std::string(value)});
  return metric;
}

MetricFamily rejections(const ws::Site& site) {
  MetricFamily family{
      "microframe_rejected_total", "Peers refused or cut off, by reason.", MetricType::Counter, {}};
  for (std::size_t i = 0; i < ws::kRejections; ++i) {
    const auto reason = static_cast<ws::Rejection>(i);
    ClientMetric metric = labelled("reason", to_string(reason));
    metric.counter.value = static_cast<double>(site.rejected(reason));
    family.metric.push_back(std::move(metric));
  }
  return family;
}

template <class Value>
MetricFamily by_endpoint(const ws::Site& site, const char* name, const char* help, Value&& value) {
  MetricFamily family{name, help, MetricType::Gauge, {}};
  for (const auto& endpoint : site.endpoints) {
    ClientMetric metric = labelled("endpoint", endpoint->path());
    metric.gauge.value = static_cast<double>(value(endpoint->hub()));
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace

std::string metrics_text(const ws::Site& site) {
  const std::vector<MetricFamily> families = {
      rejections(site),
      by_endpoint(site, "microframe_connections", "Open WebSocket connections.",
                  [](const hub::Hub& hub) { return hub.connections(); }),
      by_endpoint(site, "microframe_rooms", "Rooms with a member.",
                  [](const hub::Hub& hub) { return hub.rooms(); }),
  };
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace microframe::app
