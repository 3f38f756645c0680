// Neighbours: healthy clients that send and receive beside a scenario, and how long their messages
// took: before it (their baseline) and while it ran. `./dev scenarios` asks for them by naming a
// file in MICROFRAME_NEIGHBOURS; there each scenario adds a line of JSON. Otherwise there are none.
#pragma once

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.hpp"

namespace test {

class Neighbours {
 public:
  static const char* file() { return std::getenv("MICROFRAME_NEIGHBOURS"); }

  // What a neighbour says, and a part of its answer, by which that is told from other messages.
  struct Words {
    std::string message;
    std::string answer;
  };

  // Measures the baseline before it returns. clients: connected to an endpoint that answers each
  // such message. Together they send `per_second` messages.
  Neighbours(std::vector<std::unique_ptr<RawClient>> clients, double per_second,
             Words words = {"still here?", "still here?"})
      : words_(std::move(words)),
        clients_(std::move(clients)),
        pause_(std::chrono::microseconds(static_cast<std::int64_t>(1e6 / per_second))) {
    thread_ = std::thread([this] { talk(); });
    while (baseline_.size() < kSamples && !cut_)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    scenario_ = true;
  }
  ~Neighbours() { stop(); }
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;

  // The scenario is over: writes its line. name: the test's.
  void report(const std::string& name, bool passed) {
    // A short scenario is over before anyone has been kept waiting: see how they fare right after
    // it, too.
    while (during_.size() < kSamples && !cut_)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop();
    std::ofstream(file(), std::ios::app)
        << "{\"test\":\"" << name << "\",\"passed\":" << (passed ? "true" : "false")
        << ",\"baseline_p99_us\":" << p99(baseline_.values)
        << ",\"during_p99_us\":" << p99(during_.values) << ",\"samples\":" << during_.size()
        << ",\"cut\":" << (cut_ ? "true" : "false") << "}\n";
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kSamples = 300;

  // Written by one thread; its size is read by another.
  struct Samples {
    std::vector<std::int64_t> values;
    std::atomic<std::size_t> count{0};
    void add(std::int64_t value) {
      values.push_back(value);
      count = values.size();
    }
    std::size_t size() const { return count; }
  };

  void talk() {
    std::size_t turn = 0;
    for (auto next = Clock::now(); !stopped_; next += pause_) {
      std::this_thread::sleep_until(next);
      const bool in_scenario = scenario_;
      const auto begun = Clock::now();
      RawClient& client = *clients_[turn++ % clients_.size()];
      if (!client.send_text(words_.message) || !answered(client)) break;
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
      (in_scenario ? during_ : baseline_).add(took.count());
    }
    if (!stopped_) cut_ = true;
  }

  bool answered(RawClient& client) const {
    try {
      while (true) {
        const Received received = client.read_frame();
        if (received.first == 0x81 && received.payload.find(words_.answer) != std::string::npos)
          return true;
        if (received.first == 0 || received.is_close()) return false;
        if (received.first == 0x89) client.send(frame(0x8A, received.payload));
      }
    } catch (const std::runtime_error&) {  // in vain for ten seconds
      return false;
    }
  }

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }

  static std::int64_t p99(std::vector<std::int64_t> values) {
    if (values.empty()) return 0;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 99 / 100);
    std::nth_element(values.begin(), at, values.end());
    return *at;
  }

  const Words words_;
  std::vector<std::unique_ptr<RawClient>> clients_;
  const std::chrono::microseconds pause_;
  Samples baseline_;
  Samples during_;
  std::atomic<bool> scenario_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> cut_{false};
  std::thread thread_;
};

}  // namespace test
