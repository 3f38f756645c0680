// ClientLog: what a Client tells, in the order it does, to be waited for by a test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "microframe/client.hpp"

namespace test {

class ClientLog {
 public:
  // Has `client`'s states, rooms and messages written down, a line each.
  void watch(microframe::Client& client) {
    using namespace microframe;
    client.on_state([this](const ClientStatus& status) { add(line(status)); });
    client.on_message(
        [this](const Json& data, const std::string& room, std::optional<std::uint64_t> offset) {
          std::string text = room.empty() ? "message " : "message " + room + " ";
          if (offset) text += std::to_string(*offset) + " ";
          add(text + to_text(data));
        });
    client.on_joined([this](const JoinedRoom& room) {
      std::string text = "joined " + room.room;
      if (room.by_server) text += " by server";
      if (room.again) text += " again";
      if (room.recovered) text += *room.recovered ? " recovered" : " not recovered";
      add(text);
    });
    client.on_left([this](const LeftRoom& room) { add("left " + room.room); });
  }
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  // Waits for a line that begins so, among those that were not waited past yet; those before it are
  // passed over.
  // returns: the line; "" and a failure when the time is over.
  std::string wait_for(const std::string& beginning,
                       std::chrono::seconds at_most = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    std::string found;
    const bool came = changed_.wait_for(lock, at_most, [&] {
      for (; seen_ < lines_.size(); ++seen_) {
        if (!lines_[seen_].starts_with(beginning)) continue;
        found = lines_[seen_++];
        return true;
      }
      return false;
    });
    if (!came) ADD_FAILURE() << "waited in vain for: " << beginning << all(lines_);
    return found;
  }
  std::vector<std::string> lines(const std::string& beginning = {}) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> fitting;
    for (const std::string& line : lines_)
      if (line.starts_with(beginning)) fitting.push_back(line);
    return fitting;
  }

 private:
  static std::string line(const microframe::ClientStatus& status) {
    using microframe::ClientState;
    switch (status.state) {
      case ClientState::connecting:
        return "connecting";
      case ClientState::open:
        return status.resumed ? "open resumed" : "open new";
      case ClientState::reconnecting:
        return "reconnecting " + std::to_string(status.code) + " " + status.reason;
      case ClientState::closed:
        return "closed " + std::to_string(status.code) + " " + status.reason;
    }
    return {};
  }
  static std::string all(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n  " + line;
    return text;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::size_t seen_ = 0;
};

}  // namespace test
