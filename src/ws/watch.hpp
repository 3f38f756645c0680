// Watch: which messages a session is sent while another node prepares to take it over. Threading: the
// session's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hub/sink.hpp"

namespace microframe::ws {

class Watch {
 public:
  static constexpr std::size_t kMax = 16 * 1024;

  void note(const hub::Mark& mark) {
    if (mark.id == 0 || !is_whole()) return;
    heard_.push_back(mark.id);
  }
  bool is_whole() const { return heard_.size() < kMax; }
  const std::vector<std::uint64_t>& heard() const { return heard_; }

  // Another begins to watch.
  // returns: a number to end it with.
  std::uint64_t extend() { return ++turn_; }
  // returns: whether nobody watches any more.
  bool ends(std::uint64_t turn) const { return turn == turn_; }

 private:
  std::vector<std::uint64_t> heard_;
  std::uint64_t turn_ = 0;
};

}  // namespace microframe::ws
