#include "app/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <limits>
#include <vector>

#include "app/membership.hpp"
#include "app/process_figures.hpp"
#include "base/log.hpp"
#include "guard/memory.hpp"
#include "hub/hub.hpp"
#include "microframe/version.hpp"
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

void add_broker(std::vector<MetricFamily>& families, const cluster::RedisCounts& counts) {
  families.push_back(histogram("microframe_broker_latency_seconds",
                               "From a command to the broker's answer.", counts.latency));
  families.push_back(
      counter("microframe_broker_commands_total", "Commands to the broker.", counts.commands));
  families.push_back(counter("microframe_broker_appends_total",
                             "Messages that the broker was to keep; a command may hold many.",
                             counts.appends));
  families.push_back(counter("microframe_broker_connections_total",
                             "Connections to the broker that came to be.", counts.connections));
  families.push_back(counter("microframe_broker_publishes_dropped_total",
                             "Messages that were dropped because the broker was away.",
                             counts.publishes_dropped));
  families.push_back(gauge("microframe_broker_waiting_bytes",
                           "Of what the broker was asked and has not answered.",
                           counts.bytes_waiting));
}

void add_cluster(std::vector<MetricFamily>& families, const Membership& membership) {
  const Membership::Figures figures = membership.figures();
  const cluster::Counts& counts = figures.node;
  families.push_back(gauge("microframe_cluster_nodes", "Other nodes.", figures.others));
  families.push_back(gauge("microframe_cluster_nodes_unheard",
                           "Other nodes of whose users not all is known.", figures.unheard));
  families.push_back(gauge("microframe_cluster_ready",
                           "1 while what is sent through the broker comes back.",
                           membership.is_ready() ? 1 : 0));
  families.push_back(gauge("microframe_cluster_lag_milliseconds",
                           "How long the last probe was on its way through the broker and back.",
                           counts.lag_ms));
  families.push_back(
      gauge("microframe_cluster_users", "Users on other nodes.", figures.directory.users));
  families.push_back(gauge("microframe_cluster_directory_bytes",
                           "Memory for what is known of them.", figures.directory.bytes));
  families.push_back(counter("microframe_cluster_directory_gaps_total",
                             "Changes that were missed; the node was asked for the whole.",
                             figures.directory.gaps));
  families.push_back(counter("microframe_cluster_messages_in_total",
                             "Messages from other nodes and out of logs.", counts.messages_in));
  families.push_back(counter("microframe_cluster_messages_out_total", "Messages to other nodes.",
                             figures.messages_out));
  families.push_back(counter("microframe_cluster_log_gaps_total",
                             "Gaps in rooms' logs that were found, and healed.", counts.log_gaps));
  families.push_back(counter("microframe_cluster_log_forks_total",
                             "Logs that had forked in the broker; members were told.",
                             counts.log_forks));
  families.push_back(counter("microframe_cluster_log_losses_total",
                             "Messages that a log no longer had when they were missed; members "
                             "were told.",
                             counts.log_losses));
  families.push_back(
      counter("microframe_cluster_nodes_lost_total", "Nodes that have died.", counts.nodes_lost));
  families.push_back(counter("microframe_cluster_interruptions_total",
                             "Times that the broker's subscriptions were interrupted.",
                             counts.interruptions));
  add_broker(families, figures.broker);
}

void add_traffic(std::vector<MetricFamily>& families, const ws::Counts& counts) {
  const auto add = [&](const char* name, const char* help, ws::Tally ws::Traffic::* which) {
    families.push_back(counter(name, help, counts.streams.traffic.sum(which)));
  };
  add("microframe_messages_received_total", "Messages from clients.", &ws::Traffic::messages_in);
  add("microframe_received_bytes_total", "Payload bytes of messages from clients, inflated.",
      &ws::Traffic::bytes_in);
  add("microframe_messages_sent_total", "Messages to clients; a broadcast counts once a receiver.",
      &ws::Traffic::messages_out);
  add("microframe_sent_bytes_total", "Bytes of messages to clients, before compression.",
      &ws::Traffic::bytes_out);
  add("microframe_connections_opened_total", "WebSocket connections that have begun.",
      &ws::Traffic::opened);
  add("microframe_connections_closed_total", "WebSocket connections that have ended.",
      &ws::Traffic::closed);
  add("microframe_http_requests_total", "Requests that a handler of HTTP has answered.",
      &ws::Traffic::requests);
  families.push_back(histogram("microframe_loop_lag_seconds",
                               "How late loops come to what is due; ten times a second each.",
                               counts.loop_lag));
}

// Under the names that every client library of Prometheus has for them.
void add_process(std::vector<MetricFamily>& families) {
  const ProcessFigures figures = read_process_figures();
  const auto add = [&](const char* name, const char* help, double value, MetricType type) {
    ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families.push_back({name, help, type, {std::move(metric)}});
  };
  add("process_cpu_seconds_total", "CPU time of the process, user and system.", figures.cpu_seconds,
      MetricType::Counter);
  add("process_start_time_seconds", "When the process was started, since 1970.",
      figures.start_seconds, MetricType::Gauge);
  add("process_open_fds", "Open descriptors.", static_cast<double>(figures.open_descriptors),
      MetricType::Gauge);
  add("process_max_fds", "The limit of open descriptors.",
      static_cast<double>(figures.descriptors_max), MetricType::Gauge);
  add("process_resident_memory_bytes", "Resident memory.",
      static_cast<double>(figures.resident_bytes), MetricType::Gauge);
  add("process_virtual_memory_bytes", "Virtual memory.", static_cast<double>(figures.virtual_bytes),
      MetricType::Gauge);
  add("process_threads", "Threads.", static_cast<double>(figures.threads), MetricType::Gauge);
}

MetricFamily build_info() {
  ClientMetric metric = labelled("version", MICROFRAME_VERSION);
  metric.label.push_back({"compiler", __VERSION__});
  metric.gauge.value = 1;
  return {"microframe_build_info",
          "What this server was built from; always 1.",
          MetricType::Gauge,
          {std::move(metric)}};
}

}  // namespace

bool has_metrics() {
  return true;
}

std::string metrics_text(const ws::Site& site, const Membership* membership) {
  std::vector<MetricFamily> families = {
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
      counter("microframe_sessions_arrived_total", "Sessions that came from another node.",
              site.counts.sessions.arrived),
      counter("microframe_sessions_departed_total", "Sessions that went to another node.",
              site.counts.sessions.departed),
      counter("microframe_sessions_kept_total", "Sessions left in the broker by this node's stop.",
              site.counts.sessions.kept),
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
      gauge("microframe_memory_limit_bytes",
            "Resident memory past which nobody is let in; 0: no limit.",
            site.settings.limits.memory_bytes_max),
  };
  families.push_back(build_info());
  add_traffic(families, site.counts);
  add_process(families);
  if (membership) add_cluster(families, *membership);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace microframe::app
