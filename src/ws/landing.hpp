// Landing: a session that comes from another node, until its messages are in order here. While it is
// still there, this node is told of all that is sent to it as well, and holds that back; once it has
// come, what it was told there is passed over here. Threading: the session's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/frame.hpp"
#include "hub/sink.hpp"
#include "ws/arrival.hpp"
#include "ws/resumption.hpp"
#include "ws/session_export.hpp"

namespace microframe::ws {

class Landing {
 public:
  enum class Stage : std::uint8_t {
    holding,      // the session is still elsewhere
    taking_over,  // it has come, and takes over its rooms
    passing,      // it goes on here; what is still to come of before is passed over
  };
  // What is held at most.
  struct Bounds {
    std::size_t bytes_max;
    std::size_t frames_max;
  };

  // resumption: of the client, which waits.
  Landing(Resumption resumption, Arrival arrival, Bounds bounds)
      : resumption_(std::move(resumption)), arrival_(std::move(arrival)), bounds_(bounds) {}

  const Resumption& resumption() const { return resumption_; }
  const Arrival& arrival() const { return arrival_; }

  Stage stage() const { return stage_; }
  bool is_over() const { return stage_ == Stage::passing; }

  // --- rooms: it waits until it is seated in all of them
  void wait_for(std::string_view room) { rooms_.emplace(room); }
  // returns: whether that was the last.
  bool seated(std::string_view room) {
    const auto found = rooms_.find(room);
    if (found == rooms_.end()) return false;
    rooms_.erase(found);
    return rooms_.empty();
  }
  bool is_seated() const { return rooms_.empty(); }
  // It is another node that has the session: what was held so far is in it.
  void look_elsewhere(std::string node) {
    arrival_.from.node = std::move(node);
    held_.clear();
    bytes_ = 0;
    is_whole_ = true;
  }
  // returns: whether somebody asks for the session already.
  bool asks() { return std::exchange(asks_, true); }

  // --- messages
  // Whether the message goes to the client at once. A message of a log, and what says who is in a
  // room, is neither held nor passed over: that is told anew when the rooms are taken over.
  bool lets_through(const base::Frame& frame, const hub::Mark& mark) {
    if (stage_ == Stage::passing) return mark.id == 0 || heard_.erase(mark.id) == 0;
    if (mark.id != 0 && mark.offset == 0) hold(frame, mark.id);
    return false;
  }
  // Whether nothing had to be given up.
  bool is_whole() const { return is_whole_; }

  // --- it has come
  Resumption take_resumption() { return std::move(resumption_); }
  void take_over(const std::vector<std::uint64_t>& heard) {
    stage_ = Stage::taking_over;
    heard_.insert(heard.begin(), heard.end());
  }
  // returns: what was held, and was not told where the session was.
  std::vector<base::Frame> pass() {
    stage_ = Stage::passing;
    std::vector<base::Frame> frames;
    for (Held& one : std::exchange(held_, {}))
      if (heard_.erase(one.id) == 0) frames.push_back(std::move(one.frame));
    return frames;
  }

 private:
  struct Held {
    std::uint64_t id;
    base::Frame frame;
  };

  void hold(const base::Frame& frame, std::uint64_t id) {
    bytes_ += frame.size();
    is_whole_ = is_whole_ && bytes_ <= bounds_.bytes_max && held_.size() < bounds_.frames_max;
    if (is_whole_) held_.push_back({id, frame});
  }

  Resumption resumption_;
  Arrival arrival_;
  const Bounds bounds_;
  Stage stage_ = Stage::holding;
  std::set<std::string, std::less<>> rooms_;
  std::vector<Held> held_;
  std::size_t bytes_ = 0;
  bool is_whole_ = true;
  bool asks_ = false;
  std::unordered_set<std::uint64_t> heard_;
};

}  // namespace microframe::ws
