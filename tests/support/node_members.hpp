// LogMember and LogWriter: clients of Nodes that read and write a room which keeps its messages, each a
// number {"n"}, and what they have seen. comes_within: waits longer than eventually().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/nodes.hpp"
#include "support/v1_client.hpp"

namespace test {

inline bool comes_within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return holds();
}

// Every message comes once, in order, and without a gap. What was sent while the room was being opened
// follows the join, and its offsets are not above the join's. A member that is told that messages are
// missing may be given all those again that the room still has.
class LogMember {
 public:
  using Json = microframe::Json;

  LogMember(V1Client client, std::string room)
      : client_(std::move(client)), room_(std::move(room)) {
    note(client_.join(room_));
    told_ = 0;
  }

  Json read() {
    Json frame = client_.read();
    note(frame);
    return frame;
  }
  // Reads on until that number has come, or was there already.
  void read_to(std::int64_t number) {
    while (!has_.contains(number)) read();
  }
  // Reads on until it was told so often that messages are missing.
  void read_until_told(int times) {
    while (told_ < times) read();
  }
  // Sends a number to the room.
  // returns: the answer.
  Json say(std::int64_t number) { return ask({{"in", room_}, {"n", number}}); }
  Json ask(const Json& data) {
    const std::uint64_t id = client_.sent() + 1;
    client_.set_sent(id);
    client_.send({{"t", "message"}, {"id", id}, {"data", data}});
    while (true) {
      Json frame = read();
      const Json* of = frame.as_object().if_contains("id");
      if (of && of->to_number<std::uint64_t>() == id && microframe::text(frame, "t") != "message")
        return frame;
    }
  }

  V1Client& client() { return client_; }
  // How often it was told that messages are missing.
  int told() const { return told_; }
  const std::string& epoch() const { return epoch_; }
  std::uint64_t offset() const { return offset_; }
  const std::vector<std::int64_t>& numbers() const { return numbers_; }
  bool has(std::int64_t number) const { return has_.contains(number); }
  void expect_all(const std::vector<std::int64_t>& wanted) const {
    for (const std::int64_t number : wanted) EXPECT_TRUE(has(number)) << number << " is missing";
  }

 private:
  void note(const Json& frame) {
    const std::string type = microframe::text(frame, "t");
    if (type != "joined" && type != "message") return;
    const Json* room = frame.as_object().if_contains("room");
    if (!room || *room != Json(room_)) return;
    if (type == "joined") {
      ++told_;
      since_told_.clear();
      epoch_ = microframe::text(frame, "epoch");
      offset_ = frame.at("offset").to_number<std::uint64_t>();
      joined_ = true;
      return;
    }
    const auto offset = frame.at("offset").to_number<std::uint64_t>();
    if (std::exchange(joined_, false)) offset_ = std::min(offset_, offset - 1);
    EXPECT_EQ(offset, ++offset_);
    const auto number = frame.at("data").at("n").to_number<std::int64_t>();
    EXPECT_TRUE(since_told_.insert(number).second) << number << " came twice";
    has_.insert(number);
    numbers_.push_back(number);
  }

  V1Client client_;
  const std::string room_;
  std::string epoch_;
  std::uint64_t offset_ = 0;
  bool joined_ = false;  // and no message since
  int told_ = 0;
  std::vector<std::int64_t> numbers_;
  std::set<std::int64_t> has_;
  std::set<std::int64_t> since_told_;
};

// Sends one number after the other, on a thread of its own, until it ends.
class LogWriter {
 public:
  // first: the numbers count from there.
  LogWriter(V1Client client, std::string room, std::int64_t first)
      : client_(std::move(client)), room_(std::move(room)), next_(first) {
    thread_ = std::thread([this] { run(); });
  }
  ~LogWriter() { end(); }
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void end() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t acknowledged() const { return acknowledged_; }
  std::size_t refused() const { return refused_; }
  // After end().
  const std::vector<std::int64_t>& numbers() const { return numbers_; }

 private:
  void run() {
    try {
      while (!ended_) {
        const std::int64_t number = next_++;
        const Json answer = client_.ask({{"in", room_}, {"n", number}});
        if (microframe::text(answer, "t") == "ack") {
          numbers_.push_back(number);
          ++acknowledged_;
        } else {
          EXPECT_EQ(microframe::text(answer, "code"), "unavailable");
          ++refused_;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << "a writer: " << error.what();
    }
  }

  using Json = microframe::Json;

  V1Client client_;
  const std::string room_;
  std::int64_t next_;
  std::vector<std::int64_t> numbers_;
  std::atomic<std::size_t> acknowledged_{0};
  std::atomic<std::size_t> refused_{0};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace test
