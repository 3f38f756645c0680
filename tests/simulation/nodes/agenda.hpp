// Agenda: the virtual time of all nodes, and what happens when. What is due at one time happens in the
// order in which it was put down. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace microframe::simulation::nodes {

class Agenda {
 public:
  using Task = std::function<void()>;

  std::uint64_t now_ms() const { return now_ms_; }
  void at(std::uint64_t due_ms, Task task) {
    entries_.push_back({due_ms, ++number_, std::move(task)});
    std::push_heap(entries_.begin(), entries_.end(), comes_later);
  }
  void after(std::uint64_t delay_ms, Task task) { at(now_ms_ + delay_ms, std::move(task)); }
  // Does what is due next, if that is by then.
  // returns: false where nothing is; then it is `until_ms`.
  bool run_one(std::uint64_t until_ms) {
    if (entries_.empty() || entries_.front().due_ms > until_ms) {
      now_ms_ = std::max(now_ms_, until_ms);
      return false;
    }
    std::pop_heap(entries_.begin(), entries_.end(), comes_later);
    const Entry entry = std::move(entries_.back());
    entries_.pop_back();
    now_ms_ = std::max(now_ms_, entry.due_ms);
    entry.task();
    return true;
  }
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    std::uint64_t due_ms;
    std::uint64_t number;
    Task task;
  };
  static bool comes_later(const Entry& one, const Entry& other) {
    return one.due_ms != other.due_ms ? one.due_ms > other.due_ms : one.number > other.number;
  }

  std::uint64_t now_ms_ = 1'000'000;
  std::uint64_t number_ = 0;
  std::vector<Entry> entries_;  // a heap, the next first
};

}  // namespace microframe::simulation::nodes
