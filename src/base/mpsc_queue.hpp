// MpscQueue<T>: many threads push, one pops, in order for each pusher; no lock. (Vyukov's
// non-intrusive MPSC node queue.)
#pragma once

#include <atomic>
#include <optional>
#include <utility>

namespace microframe::base {

template <class T>
class MpscQueue {
 public:
  MpscQueue() : head_(new Node), tail_(head_.load(std::memory_order_relaxed)) {}
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  ~MpscQueue() {
    while (pop()) {
    }
    delete tail_;
  }

  // Any thread.
  void push(T value) {
    Node* node = new Node;
    node->value.emplace(std::move(value));
    Node* previous = head_.exchange(node, std::memory_order_acq_rel);
    previous->next.store(node, std::memory_order_release);
  }

  // One thread. nullopt if the queue is empty, or if the next push is half done: its pusher is yet
  // to return.
  std::optional<T> pop() {
    Node* next = tail_->next.load(std::memory_order_acquire);
    if (!next) return std::nullopt;
    std::optional<T> value = std::move(next->value);
    next->value.reset();
    delete std::exchange(tail_, next);
    return value;
  }

 private:
  struct Node {
    std::atomic<Node*> next{nullptr};
    std::optional<T> value;
  };
  std::atomic<Node*> head_;  // the newest
  Node* tail_;               // the last popped, kept as the queue's stub
};

}  // namespace microframe::base
