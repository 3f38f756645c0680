#include "app/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <limits>
#include <vector>

#include "base/log.hpp"
#include "guard/memory.hpp"
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
  for (std::size_t i = 0; i < guard::kRejections; ++i) {
    const auto reason = static_cast<guard::Rejection>(i);
    ClientMetric metric = labelled("reason", to_string(reason));
    metric.counter.value = static_cast<double>(site.counts.rejections.count(reason));
    family.metric.push_back(std::move(metric));
  }
  return family;
}

// What compression saves is the difference of the two forms.
MetricFamily compressed_bytes(const ws::Site& site) {
  MetricFamily family{
      "microframe_compressed_bytes_total",
      "Payload bytes of messages that came or went compressed, as they were on the wire and "
      "without. A broadcast "
      "counts once.",
      MetricType::Counter,
      {}};
  const auto add = [&](const char* direction, const char* form, std::uint64_t bytes) {
    ClientMetric metric = labelled("direction", direction);
    metric.label.push_back({"form", form});
    metric.counter.value = static_cast<double>(bytes);
    family.metric.push_back(std::move(metric));
  };
  const auto& counts = site.counts.streams.compression;
  add("received", "compressed", counts.received.compressed);
  add("received", "plain", counts.received.plain);
  add("sent", "compressed", counts.sent.compressed);
  add("sent", "plain", counts.sent.plain);
  return family;
}

template <class Value>
MetricFamily by_endpoint(const ws::Site& site, const char* name, const char* help, Value&& value) {
  MetricFamily family{name, help, MetricType::Gauge, {}};
  for (const auto& endpoint : site.settings.routes.endpoints) {
    ClientMetric metric = labelled("endpoint", endpoint->path());
    metric.gauge.value = static_cast<double>(value(endpoint->hub()));
    family.metric.push_back(std::move(metric));
  }
  return family;
}

MetricFamily histogram(const char* name, const char* help, const base::Histogram& source) {
  ClientMetric metric;
  std::uint64_t below = 0;  // Prometheus counts each bucket with all below it
  for (std::size_t i = 0; i < base::Histogram::kBounds.size(); ++i) {
    below += source.count(i);
    const std::chrono::duration<double> bound = base::Histogram::kBounds[i];
    metric.histogram.bucket.push_back({below, bound.count()});
  }
  below += source.count(base::Histogram::kBounds.size());
  metric.histogram.bucket.push_back({below, std::numeric_limits<double>::infinity()});
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum = std::chrono::duration<double>(source.sum()).count();
  return {name, help, MetricType::Histogram, {std::move(metric)}};
}

MetricFamily gauge(const char* name, const char* help, std::size_t value) {
  ClientMetric metric;
  metric.gauge.value = static_cast<double>(value);
  return {name, help, MetricType::Gauge, {std::move(metric)}};
}

MetricFamily counter(const char* name, const char* help, std::uint64_t value) {
  ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  return {name, help, MetricType::Counter, {std::move(metric)}};
}

}  // namespace

std::string metrics_text(const ws::Site& site) {
  const std::vector<MetricFamily> families = {
      rejections(site),
      compressed_bytes(site),
      by_endpoint(site, "microframe_connections", "Open WebSocket connections.",
                  [](const hub::Hub& hub) { return hub.connections(); }),
      by_endpoint(site, "microframe_rooms", "Rooms with a member, or with messages they keep.",
                  [](const hub::Hub& hub) { return hub.rooms(); }),
      by_endpoint(site, "microframe_suspended_sessions", "Sessions whose clients may come back.",
                  [](const hub::Hub& hub) { return hub.suspended(); }),
      gauge("microframe_sessions", "Sessions of microframe.v1, suspended ones too.",
            site.registries.sessions.count()),
      counter("microframe_sessions_resumed_total", "Sessions that went on with a new connection.",
              site.counts.sessions.resumed),
      counter("microframe_sessions_expired_total", "Sessions to which nobody came back.",
              site.counts.sessions.expired),
      counter("microframe_session_frames_encoded_total",
              "Frames written in the form for sessions; one for all receivers of a broadcast.",
              site.counts.sessions.encoded),
      counter("microframe_session_frames_replayed_total",
              "Frames sent to those who had missed them, as they were encoded the first time.",
              site.counts.sessions.replayed),
      counter("microframe_shed_messages_total",
              "Messages dropped for slow members, as their rooms' options say.",
              site.counts.streams.shed_frames),
      histogram("microframe_rtt_seconds", "Round trips of heartbeat pings.",
                site.counts.streams.round_trips),
      gauge("microframe_admitted",
            "Connections that have a place: open, in their handshake, or closing.",
            site.registries.admission.connections()),
      gauge("microframe_authentications", "AuthManagers being asked.",
            site.registries.admission.authentications().taken()),
      counter("microframe_key_fetches_total", "Fetches of issuers' keys that were begun.",
              site.registries.keys.fetches()),
      counter("microframe_key_fetch_failures_total", "Fetches of issuers' keys that brought none.",
              site.registries.keys.failures()),
      gauge("microframe_key_waits", "Handshakes that wait for an issuer's keys.",
            site.registries.key_waits.taken()),
      counter("microframe_log_lines_lost_total",
              "Lines of the log that standard error did not take in time.",
              base::log::lines_lost()),
      counter("microframe_blocked_hooks_total",
              "Hooks that held their loop up for Limits::hook_warning_time.",
              site.counts.blocked_hooks.load(std::memory_order_relaxed)),
      gauge("microframe_resident_memory_bytes", "Resident memory of the process.",
            guard::resident_bytes()),
      gauge("microframe_memory_limit_bytes",
            "Resident memory past which nobody is let in; 0: no limit.",
            site.settings.limits.memory_bytes_max),
  };
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace microframe::app
