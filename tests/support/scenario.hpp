// Scenario: an application with a healthy neighbour, which must go on undisturbed, and what every
// scenario promises beside its own words: each rejection is counted and logged, no line of the log
// holds a token, and the memory comes back.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/neighbours.hpp"
#include "support/sanitized.hpp"
#include "support/served.hpp"

namespace test {

// A line of /proc/self/status, such as VmRSS, in bytes.
inline std::size_t memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

// What this process has written to, in bytes, once its heap has given back what is free.
inline std::size_t memory_held() {
  ::malloc_trim(0);
  return memory("RssAnon");
}

// What the scenarios ask to be done within a millisecond of CPU takes a fraction of it; the rest is
// for machines that are shared.
inline constexpr std::chrono::milliseconds kAtOnceCpu{kSanitized ? 1000 : 10};

// The least CPU time, of all threads, that one of a few runs of `action` took: other load does not
// count.
inline std::chrono::nanoseconds least_cpu(int runs, const std::function<void()>& action) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  auto least = std::chrono::nanoseconds::max();
  for (int i = 0; i < runs; ++i) {
    const auto begun = now();
    action();
    least = std::min<std::chrono::nanoseconds>(least, now() - begun);
  }
  return least;
}

class Scenario : public AppTest {
 protected:
  EchoChat& echo = app.route<EchoChat>("/ws", auth);
  std::optional<RawClient> neighbour;
  LogCapture log;

  // glibc keeps more back the larger the blocks it has seen, unless it was told how much.
  Scenario() { ::mallopt(M_TRIM_THRESHOLD, 128 * 1024); }

  void begin(std::size_t threads = 1) {
    start(threads);
    neighbour = client("neighbour");
    memory_held_most_ = memory_held() + memory("VmRSS") / 20;
  }
  void still_here() {
    neighbour->send_text("still here");
    EXPECT_EQ(neighbour->read_text(), "still here");
  }
  void TearDown() override {
    if (neighbour) {
      still_here();
      check_memory();
    }
    for (const auto& [reason, times] : expected_) check_rejected(reason, times);
    const auto last_ended = last_ended_;
    AppTest::TearDown();
    last_ended_ = last_ended;
    note_what_was_logged();
    EXPECT_FALSE(log.has("eyJ")) << "a token";  // {" in base64url: how each part of one begins
    if (HasFailure()) std::cout << "the log:\n" << log.text();
  }

  // Promises that so many peers are rejected for `reason`, before they are: the log's own limit is
  // of the process, so what another test has written is waited out.
  void expect_rejected(const std::string& reason, int times = 1) {
    expected_[reason] += times;
    std::this_thread::sleep_until(std::max(last_logged()[reason], last_ended_) +
                                  std::chrono::seconds(1));
  }

  // The status that answers these bytes.
  unsigned status_of(std::string_view request) {
    RawClient made = raw();
    made.send(request);
    const unsigned status = made.read_status();
    EXPECT_TRUE(status == 101 || made.at_end());
    return status;
  }
  std::string good_request(const std::string& fields = {}) const {
    return upgrade_request("/ws?token=" + token("alice"), fields);
  }
  // The close code that answers these frames.
  unsigned close_of(std::string_view frames) {
    RawClient made = client("alice");
    made.send(frames);
    const unsigned code = made.read_close();
    EXPECT_TRUE(made.at_end());
    return code;
  }
  // As the seed refuses a token: the handshake is accepted, the refusal said inside, and no hook
  // runs.
  void expect_refused(const std::string& bad_token, const std::string& path = "/ws") {
    RawClient made = raw();
    made.send(upgrade_request(path + "?token=" + bad_token));
    EXPECT_EQ(made.read_status(), 101U);
    EXPECT_EQ(made.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(made.read_close(), 4401U);
    EXPECT_TRUE(made.at_end());
  }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  static std::map<std::string, SteadyTime>& last_logged() {
    static std::map<std::string, SteadyTime> times;
    return times;
  }

  void check_rejected(const std::string& reason, int times) {
    eventually([&] { return rejected(app.port(), reason) >= times; });
    EXPECT_EQ(rejected(app.port(), reason), times) << reason;
    // One line each, until the second's ten are used up.
    const auto seconds =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_);
    const std::size_t lines = log.count("rejected reason=" + reason + " peer=");
    EXPECT_GE(lines, std::min<std::size_t>(static_cast<std::size_t>(times), 10)) << reason;
    EXPECT_LE(lines, std::min<std::size_t>(static_cast<std::size_t>(times),
                                           10 * static_cast<std::size_t>(seconds.count() + 1)))
        << reason;
  }

  // Promised or not: the next test in this process waits until it may be logged again.
  void note_what_was_logged() {
    constexpr std::string_view kBefore = "rejected reason=";
    const std::string lines = log.text();
    for (std::size_t at = lines.find(kBefore); at != std::string::npos;
         at = lines.find(kBefore, at)) {
      at += kBefore.size();
      last_logged()[lines.substr(at, lines.find(' ', at) - at)] = std::chrono::steady_clock::now();
    }
  }

  // Back within a twentieth of what the process had. The sanitizers keep freed memory for a while,
  // and neighbours who measure keep what they measured.
  void check_memory() {
    if (kSanitized || Neighbours::file()) return;
    const auto is_back = [&] { return memory_held() <= memory_held_most_; };
    for (int i = 0; i < 2000 && !is_back(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(is_back()) << memory_held() << " bytes, and no more than " << memory_held_most_;
  }

  const SteadyTime begun_ = std::chrono::steady_clock::now();
  std::map<std::string, int> expected_;
  std::size_t memory_held_most_ = 0;
};

}  // namespace test
