// Those who live in ordered rooms, and the house around these: for the tests of the hub.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hub/hub.hpp"
#include "unit/hub/frame.hpp"

namespace microframe::hub {

using base::Frame;
using base::Ref;

inline std::string text_of(const Frame& one) {
  return std::string(base::as_text((one.plain() ? one.plain() : one.enveloped()).bytes()));
}

// Writes down what it is told: messages as they are, presence as "+alice" and "-alice".
class Guest final : public Member {
 public:
  Guest(std::string user, std::size_t loop, std::string session)
      : Member(std::move(user), loop), session_(std::move(session)) {}
  void deliver(const Frame& one) override { heard.push_back(text_of(one)); }
  void deliver_marked(const Frame& one, const Mark& mark) override {
    marks.push_back(mark.id);
    deliver(one);
  }
  void joined(const Joined& found) override {
    joins.emplace_back(found.offset, found.recovered);
    entries += found.entered;
    epoch = found.epoch;
    if (found.missed) {
      for (const Frame& one : *found.missed) heard.push_back(text_of(one));
    }
    present.clear();
    if (!found.presence) return;
    for (const auto& [name, devices] : *found.presence) present[name] = devices.size();
  }
  void left(std::string_view) override { ++leaves; }
  std::string_view session() const override {
    ++asked;
    return session_;
  }
  std::string device() const override { return session_.empty() ? user() : session_; }

  Names heard;
  std::vector<std::uint64_t> marks;  // of those that had one; 0: of a log
  std::vector<std::pair<std::uint64_t, std::optional<bool>>> joins;
  std::map<std::string, std::size_t> present;
  std::string epoch;
  int entries = 0;
  int leaves = 0;
  // How often it was asked for its session: a visit to tell it of presence asks.
  mutable std::atomic<int> asked{0};

 private:
  const std::string session_;
};

// Rooms "kept..." keep three messages for a second, rooms "who..." tell who is in them.
class House final : public Surroundings {
 public:
  RoomPolicy policy(std::string_view room) const override {
    RoomPolicy result;
    if (room.starts_with("kept")) {
      result.history_max = 3;
      result.history_age = std::chrono::seconds(1);
    }
    result.presence = room.starts_with("who");
    return result;
  }
  std::uint64_t now_ms() const override { return now; }
  std::string new_epoch() override { return "epoch" + std::to_string(++epochs); }
  base::ByteBudget* history_budget() override { return budget; }
  Frame presence_frame(std::string_view, const Presence::Users& joins,
                       const Presence::Users& leaves) const override {
    ++frames;
    std::string said;
    for (const auto& [user, devices] : leaves) said += "-" + user;
    for (const auto& [user, devices] : joins) said += "+" + user;
    return Frame({}, frame(said).plain());
  }
  Frame frame_of(const Parcel& parcel, std::string_view,
                 std::optional<std::uint64_t> offset) const override {
    const std::string text(parcel.content);
    return frame(offset ? text + "#" + std::to_string(*offset) : text);
  }
  Frame moved_frame(std::string_view, std::string_view epoch, std::uint64_t last) const override {
    return Frame({}, frame("moved " + std::string(epoch) + "#" + std::to_string(last)).plain());
  }
  void user_online(const std::string& user) override { events.push_back(user + " online"); }
  void user_offline(const std::string& user) override { events.push_back(user + " offline"); }

  std::atomic<std::uint64_t> now{0};
  int epochs = 0;
  base::ByteBudget* budget = nullptr;
  mutable std::atomic<int> frames{0};  // of presence
  Names events;
};

// Numbers the messages of rooms that keep them: "text#7".
class Numbered final : public Seal {
 public:
  explicit Numbered(std::string text) : text_(std::move(text)) {}
  Frame encode(std::optional<std::uint64_t> offset) const override {
    return frame(offset ? text_ + "#" + std::to_string(*offset) : text_);
  }
  void renumber(Frame& one, std::uint64_t offset) const override { one = encode(offset); }

 private:
  std::string text_;
};

}  // namespace microframe::hub
