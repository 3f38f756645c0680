#include "meter.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "process.hpp"

namespace bench {
namespace {

double percentile_us(const std::vector<std::uint64_t>& sorted_ns, double part) {
  const auto last = static_cast<double>(sorted_ns.size() - 1);
  return static_cast<double>(sorted_ns[static_cast<std::size_t>(part * last)]) / 1000;
}

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace

Meter::Meter(const Options& options, const std::uint64_t& received_bytes)
    : options_(options), received_bytes_(received_bytes), since_ns_(now_ns()) {
  // Reserves space, so that no growth of the vector falls into a latency.
  if (options.seconds == 0) report_.latencies_ns.reserve(options.messages + 1024);
}

bool Meter::over(std::uint64_t divisor, std::uint64_t now_ns) const {
  if (options_.seconds != 0)
    return (now_ns - since_ns_) * divisor >= options_.seconds * 1'000'000'000;
  return done_ * divisor >= options_.messages;
}

void Meter::add(std::uint64_t count, std::uint64_t begun_ns, std::uint64_t now_ns) {
  if (phase_ == Phase::finished) return;
  done_ += count;
  if (phase_ == Phase::warming_up) {
    if (!over(4, now_ns)) return;
    phase_ = Phase::counting;
    done_ = 0;
    cpu_ns_ = cpu_ns(options_.server);
    bytes_ = received_bytes_;
    since_ns_ = now_ns;
    return;
  }
  report_.latencies_ns.push_back(now_ns - begun_ns);
  if (!over(1, now_ns)) return;
  phase_ = Phase::finished;
  report_.server_cpu_ns = cpu_ns(options_.server) - cpu_ns_;
  report_.wall_ns = now_ns - since_ns_;
  report_.received_bytes = received_bytes_ - bytes_;
  report_.memory_after_bytes = anonymous_bytes(options_.server);
  report_.messages = done_;
  report_.connections = options_.connections;
}

Report Meter::report(std::string mode) && {
  report_.mode = std::move(mode);
  return std::move(report_);
}

std::string Report::json() {
  char text[256];
  const auto print = [&](const char* format, auto... values) {
    const int size = std::snprintf(text, sizeof text, format, values...);
    return std::string(text, static_cast<std::size_t>(size));
  };
  std::string line = "{\"mode\":\"" + mode + "\"";
  line += print(",\"connections\":%" PRIu64 ",\"messages\":%" PRIu64, connections, messages);
  line += print(",\"cpu_us_per_message\":%.4f", ratio(server_cpu_ns, messages) / 1000);
  line += print(",\"messages_per_second\":%.0f", ratio(messages, wall_ns) * 1e9);
  if (!latencies_ns.empty()) {
    std::sort(latencies_ns.begin(), latencies_ns.end());
    line +=
        print(",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f", percentile_us(latencies_ns, 0.5),
              percentile_us(latencies_ns, 0.99), percentile_us(latencies_ns, 0.999));
  }
  line += print(",\"bytes_per_message\":%.1f", ratio(received_bytes, messages));
  line += print(",\"memory_after_bytes\":%" PRIu64, memory_after_bytes);
  if (memory_before_bytes != 0) {
    const auto grown =
        memory_after_bytes > memory_before_bytes ? memory_after_bytes - memory_before_bytes : 0;
    line += print(",\"memory_before_bytes\":%" PRIu64, memory_before_bytes);
    line += print(",\"bytes_per_connection\":%.0f", ratio(grown, connections));
  }
  return line + "}";
}

}  // namespace bench
